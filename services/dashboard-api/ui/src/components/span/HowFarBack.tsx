import { SegmentedControl } from "@mantine/core";

interface HowFarBackProps<W extends string> {
  windows: readonly W[];
  window: W;
  look: (window: W) => void;
}

/** Chooses how far back a screen looks. */
export function HowFarBack<W extends string>({ windows, window, look }: HowFarBackProps<W>) {
  return (
    <SegmentedControl
      size="xs"
      aria-label="How far back"
      data={[...windows]}
      value={window}
      onChange={look}
    />
  );
}
