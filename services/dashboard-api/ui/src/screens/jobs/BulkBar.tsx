import { Button, CloseButton, Text, Transition } from "@mantine/core";
import { count, counted } from "~/format";
import style from "./BulkBar.module.css";
import { ACTIONS } from "./bulk/actions";
import { type Action, IDS_MOST } from "./bulk/orders";

interface BulkBarProps {
  /** How many rows are selected by hand. */
  selected: number;
  /** Whether these are all that are loaded. */
  all: boolean;
  /** Whether all that match are selected, beyond those that are loaded. */
  whole: boolean;
  /** How many match; "at least" where it is not exact. */
  total: number;
  exact: boolean;
  selectWhole: () => void;
  clear: () => void;
  act: (action: Action) => void;
}

/** What can be done with the selected jobs. It rises from below when there are any. */
export function BulkBar({ selected, all, whole, total, exact, selectWhole, clear, act }: BulkBarProps) {
  const most = `${exact ? "" : "at least "}${count(total)}`;
  const tooMany = !whole && selected > IDS_MOST;
  return (
    <Transition mounted={whole || selected > 0} transition="slide-up" duration={150}>
      {(styles) => (
        <div className={style["bar"]} style={styles} role="toolbar" aria-label="With the selected jobs">
          <CloseButton size="sm" aria-label="Let go of the selection" onClick={clear} />
          <Text size="sm" fw={600} className="numbers">
            {whole
              ? `All ${most} that match selected`
              : `${count(selected)} ${all ? "on this page " : ""}selected`}
          </Text>
          {!whole && (total > selected || !exact) && (
            <Button variant="subtle" onClick={selectWhole}>
              Select all {most} that match
            </Button>
          )}
          {tooMany && (
            <Text size="xs" c="dimmed">
              By hand, {counted(IDS_MOST, "job")} at most.
            </Text>
          )}
          {ACTIONS.map(({ action, name, icon: Sign }) => (
            <Button
              key={action}
              {...(action === "cancel" ? { color: "red", variant: "light" } : { variant: "default" })}
              leftSection={<Sign size={14} />}
              disabled={tooMany}
              onClick={() => act(action)}
            >
              {name}
            </Button>
          ))}
        </div>
      )}
    </Transition>
  );
}
