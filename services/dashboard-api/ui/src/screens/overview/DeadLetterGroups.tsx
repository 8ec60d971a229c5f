import { IconMoodCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { deadLetters } from "~/api/reads";
import type { Group } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { compact, count, counted } from "~/format";
import style from "./DeadLetterGroups.module.css";

const MOST = 6;

/** What jobs failed of for good: the most frequent errors. */
export function DeadLetterGroups() {
  const answer = useRead(deadLetters({ limit: 8 }));
  return (
    <Panel
      title="Dead letters"
      aside={
        <>
          {answer.data && answer.data.total > 0 && <span>{counted(answer.data.total, "job")}</span>}
          <Link to="/dead-letters">All</Link>
        </>
      }
    >
      <Shown
        of={answer}
        empty={({ groups }) => groups.length === 0}
        otherwise={
          <Empty icon={IconMoodCheck} title="No dead letters">
            A job that fails for good waits here until somebody looks at it.
          </Empty>
        }
      >
        {({ groups }) => (
          <ul className={style["groups"]}>
            {groups
              .toSorted((one, other) => other.count - one.count)
              .slice(0, MOST)
              .map((group) => (
                <Line key={group.fingerprint} group={group} />
              ))}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

function Line({ group }: { group: Group }) {
  return (
    <li>
      <Link to="/dead-letters" search={{ group: group.fingerprint }} className={style["group"]}>
        <span className={style["count"]} title={count(group.count)}>
          {compact(group.count)}
        </span>
        <b className="one-line">
          <bdi>{group.error_type}</bdi>
        </b>
        <Time at={group.last_at} />
        <span className={style["message"]} title={`${group.error_type}: ${group.message}`}>
          <bdi>{group.message}</bdi>
        </span>
      </Link>
    </li>
  );
}
