import { Badge } from "@mantine/core";
import {
  type Icon,
  IconAlertTriangle,
  IconCircleCheck,
  IconHandStop,
  IconListSearch,
  IconLoader2,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import type { Bulk } from "~/api/types";
import style from "./Bulk.module.css";

const SIGNS: Readonly<Record<Bulk["state"], { sign: Icon; looks: string; words: string }>> = {
  selecting: { sign: IconListSearch, looks: "processing", words: "looking for them" },
  running: { sign: IconLoader2, looks: "processing", words: "under way" },
  done: { sign: IconCircleCheck, looks: "completed", words: "done" },
  aborted: { sign: IconHandStop, looks: "cancelled", words: "aborted" },
  failed: { sign: IconAlertTriangle, looks: "failed", words: "failed" },
  interrupted: { sign: IconPlugConnectedX, looks: "failed", words: "interrupted" },
};

/** Sign and word of how it goes. */
export function BulkState({ bulk: { state } }: { bulk: Bulk }) {
  const { sign: Sign, looks, words } = SIGNS[state];
  return (
    <Badge
      className={style["state"]}
      data-status={looks}
      variant="light"
      size="sm"
      tt="none"
      leftSection={<Sign size={12} aria-hidden="true" />}
    >
      {words}
    </Badge>
  );
}
