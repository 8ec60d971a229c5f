import { IconMoodCheck } from "@tabler/icons-react";
import type { UseQueryResult } from "@tanstack/react-query";
import type { DeadLetters, Group } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import { compact, counted } from "~/format";
import { Failures } from "./Failures";
import type { Steps } from "./failures";
import style from "./GroupsPanel.module.css";

interface GroupsPanelProps {
  answer: UseQueryResult<DeadLetters>;
  filtered: boolean;
  chosen: string | undefined;
  choose: (fingerprint: string) => void;
}

/** What jobs failed of, the most frequent first. */
export function GroupsPanel({ answer, filtered, chosen, choose }: GroupsPanelProps) {
  return (
    <Panel flush>
      <Shown
        of={answer}
        empty={({ groups }) => groups.length === 0}
        otherwise={
          <Empty icon={IconMoodCheck} title={filtered ? "None of these" : "No dead letters"}>
            A job that fails for good waits here until somebody looks at it.
          </Empty>
        }
      >
        {({ groups, since, step_ms }) => (
          <ul className={style["groups"]} aria-label="Groups of errors">
            {groups.map((group) => (
              <li key={`${group.fingerprint} ${group.error_type}`}>
                <Line
                  group={group}
                  steps={{ since, step_ms }}
                  chosen={group.fingerprint === chosen}
                  choose={choose}
                />
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Panel>
  );
}

interface LineProps {
  group: Group;
  steps: Steps;
  chosen: boolean;
  choose: (fingerprint: string) => void;
}

function Line({ group, steps, chosen, choose }: LineProps) {
  const { fingerprint, error_type: type, message, count: jobs, types, first_at, last_at } = group;
  return (
    <button
      type="button"
      className={style["group"]}
      aria-pressed={chosen}
      onClick={() => choose(fingerprint)}
    >
      <span className={style["count"]} title={counted(jobs, "job")}>
        {compact(jobs)}
      </span>
      <span className={style["words"]}>
        <b className="one-line" title={type}>
          {type}
        </b>
        <span className={style["message"]} dir="auto">
          {message.slice(0, 400)}
        </span>
        <span className={style["seen"]}>
          <span className="one-line">{types.join(", ")}</span>
          <span>
            first <Time at={first_at} />
          </span>
          <span>
            last <Time at={last_at} />
          </span>
        </span>
      </span>
      <Failures series={group.series} steps={steps} />
    </button>
  );
}
