import { Modal } from "@mantine/core";
import { BulkList } from "./BulkList";
import { BulkProgress } from "./BulkProgress";
import { RECENT } from "./useBulk";

interface BulkPanelProps {
  /** The id of a bulk, or RECENT; undefined: none is looked at. */
  bulk: string | undefined;
  look: (bulk: string | undefined) => void;
}

/** A bulk and how far it is, or the latest of them. It may be closed: what is under way goes on. */
export function BulkPanel({ bulk, look }: BulkPanelProps) {
  const one = bulk !== undefined && bulk !== RECENT;
  return (
    <Modal
      opened={bulk !== undefined}
      onClose={() => look(undefined)}
      title={one ? "Bulk change" : "Bulk changes"}
      size="lg"
    >
      {one && <BulkProgress key={bulk} id={bulk} look={look} />}
      {bulk === RECENT && <BulkList look={look} />}
    </Modal>
  );
}
