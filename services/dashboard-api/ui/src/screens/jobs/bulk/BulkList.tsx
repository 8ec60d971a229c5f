import { Progress } from "@mantine/core";
import { IconChecklist } from "@tabler/icons-react";
import type { Bulk } from "~/api/types";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { count } from "~/format";
import style from "./Bulk.module.css";
import { BulkState } from "./BulkState";
import { described, WORDS } from "./orders";
import { refusedOf } from "./pace";
import { useBulks } from "./useBulk";

/** The latest bulks of this dashboard, whoever began them. */
export function BulkList({ look }: { look: (id: string) => void }) {
  return (
    <Shown
      of={useBulks()}
      empty={({ items }) => items.length === 0}
      otherwise={
        <Empty icon={IconChecklist} title="No bulk change yet">
          What is done with many jobs at once is listed here, with how far it is and what was refused.
        </Empty>
      }
    >
      {({ items }) => (
        <ul className={style["bulks"]} aria-label="Bulk changes">
          {items.map((bulk) => (
            <li key={bulk.id}>
              <button type="button" onClick={() => look(bulk.id)}>
                <Line bulk={bulk} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </Shown>
  );
}

function Line({ bulk }: { bulk: Bulk }) {
  const { order, named, matched, done, created_at: at } = bulk;
  const refused = refusedOf(bulk);
  return (
    <>
      <span className={style["head"]}>
        <b>{WORDS[order.action].title}</b>
        <BulkState bulk={bulk} />
        <span className={style["when"]}>
          <Time at={at ?? null} />
        </span>
      </span>
      <span className={style["what"]} dir="auto">
        {described({ filter: order.filter ?? null, named })}
      </span>
      <span className={style["far"]}>
        <Progress
          value={matched ? ((done + refused) / matched) * 100 : 0}
          size={6}
          flex={1}
          aria-label="How far it is"
        />
        <span className="numbers">
          {count(done)} of {count(matched)}
          {refused > 0 && `, ${count(refused)} refused`}
        </span>
      </span>
    </>
  );
}
