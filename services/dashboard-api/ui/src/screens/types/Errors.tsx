import { IconMoodCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { deadLetters } from "~/api/reads";
import type { Group } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { compact, count, counted } from "~/format";
import style from "./Errors.module.css";

/** What jobs of a type failed of for good: their errors by fingerprint, the most frequent first. */
export function Errors({ type }: { type: string }) {
  const answer = useRead(deadLetters({ type, limit: 1 }), { keep: true });
  return (
    <Panel
      title="Errors"
      aside={
        answer.data &&
        answer.data.total > 0 && (
          <>
            <span>
              {answer.data.groups_are_exact ? "" : "at least "}
              {counted(answer.data.total, "dead letter")}
            </span>
            <Link to="/dead-letters">Dead letters</Link>
          </>
        )
      }
    >
      <Shown
        of={answer}
        empty={({ groups }) => groups.length === 0}
        otherwise={
          <Empty icon={IconMoodCheck} title="No dead letters">
            No job of this type has failed for good.
          </Empty>
        }
      >
        {({ groups }) => (
          <ul className={style["errors"]}>
            {groups
              .toSorted((one, other) => other.count - one.count)
              .map((group) => (
                <Line key={group.fingerprint} group={group} />
              ))}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

function Line({
  group: { fingerprint, error_type, message, count: number, first_at, last_at },
}: {
  group: Group;
}) {
  return (
    <li className={style["error"]}>
      <span className={style["count"]} title={count(number)}>
        {compact(number)}
      </span>
      <div className={style["what"]}>
        <b>
          <bdi>{error_type}</bdi>
        </b>
        <p className={style["message"]} title={message.slice(0, 2_000)}>
          <bdi>{message.slice(0, 600)}</bdi>
        </p>
        <p className={style["when"]}>
          last <Time at={last_at} /> · first <Time at={first_at} /> ·{" "}
          <span className="mono">{fingerprint.slice(0, 12)}</span>
        </p>
      </div>
    </li>
  );
}
