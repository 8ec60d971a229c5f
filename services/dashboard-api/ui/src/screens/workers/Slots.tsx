import type { WorkerView } from "~/api/types";
import { isThere } from "./fleet";
import style from "./Slots.module.css";

/** As many squares are drawn; a number stands beside them anyway. */
const DRAWN_MOST = 16;

/** A worker's slots: a filled square is a job that runs. */
export function Slots({ worker }: { worker: WorkerView }) {
  const { slots, running } = worker;
  if (!isThere(worker)) return <span className="quiet">–</span>;
  const drawn = Math.min(slots, DRAWN_MOST);
  const filled = slots > 0 ? Math.ceil((running.length / slots) * drawn) : 0;
  return (
    <span className={style["slots"]}>
      <span className={style["squares"]} aria-hidden="true">
        {Array.from({ length: drawn }, (_, slot) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a slot is its place
          <i key={slot} data-busy={slot < filled || undefined} />
        ))}
      </span>
      <span className="numbers" title={`${running.length} of ${slots} slots busy`}>
        {running.length}/{slots}
      </span>
    </span>
  );
}
