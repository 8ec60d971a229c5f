import { Button } from "@mantine/core";
import { IconRefresh } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { deadLetters } from "~/api/reads";
import type { DeadLetters, Group } from "~/api/types";
import { useRead } from "~/api/useRead";
import { OnlyNow } from "~/components/OnlyNow";
import { Page } from "~/components/Page";
import { counted } from "~/format";
import style from "./DeadLetters.module.css";
import { Filters } from "./Filters";
import { GroupPanel } from "./GroupPanel";
import { GroupsPanel } from "./GroupsPanel";
import { RedriveDialog } from "./RedriveDialog";
import type { DeadLettersSearch } from "./search";

/** The jobs that failed for good, by what they failed of, and the way back for them. */
export function DeadLettersScreen() {
  const { type, queue, group: chosen } = useSearch({ from: "/dead-letters" });
  const navigate = useNavigate({ from: "/dead-letters" });
  const answer = useRead(deadLetters({ type, queue, limit: 1 }), { keep: true });
  const [asking, setAsking] = useState(false);
  const look = (change: DeadLettersSearch) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const groups = answer.data?.groups;
  const first = useFirst(groups);
  const shown = chosen ?? first;
  const group = groups?.find(({ fingerprint }) => fingerprint === shown);
  const where = [type && `type ${type}`, queue && `queue ${queue}`].filter(Boolean).join(", ");
  return (
    <Page
      title="Dead letters"
      about={answer.data && <About letters={answer.data} />}
      actions={
        <OnlyNow>
          <Button
            variant="default"
            leftSection={<IconRefresh size={14} />}
            disabled={!answer.data?.total}
            onClick={() => setAsking(true)}
          >
            {where ? "Redrive all of these" : "Redrive all"}
          </Button>
        </OnlyNow>
      }
    >
      <Filters type={type} queue={queue} onChange={look} />
      <div className={style["columns"]} data-chosen={shown !== undefined || undefined}>
        <GroupsPanel
          answer={answer}
          filtered={where !== ""}
          chosen={shown}
          choose={(one) => look({ group: one })}
        />
        {shown !== undefined && (
          <GroupPanel
            key={shown}
            fingerprint={shown}
            group={group}
            steps={{ since: answer.data?.since ?? null, step_ms: answer.data?.step_ms ?? 0 }}
            where={{ type, queue }}
            hold={() => look({ group: shown })}
            leave={() => look({ group: undefined })}
          />
        )}
      </div>
      <RedriveDialog
        opened={asking}
        onClose={() => setAsking(false)}
        what={where ? `Dead letters of ${where}` : "Every dead letter"}
        where={{ type, queue }}
      />
    </Page>
  );
}

/** The largest group when the screen was opened: it stays for as long as it is there. */
function useFirst(groups: readonly Group[] | undefined): string | undefined {
  const first = useRef<string>(undefined);
  const isThere = groups?.some(({ fingerprint }) => fingerprint === first.current);
  if (groups && !isThere) first.current = groups[0]?.fingerprint;
  return first.current;
}

function About({ letters: { total, groups, groups_are_exact: exact } }: { letters: DeadLetters }) {
  if (total === 0) return null;
  return (
    <span className="numbers" title={exact ? undefined : "The latest of them are counted"}>
      {!exact && "the latest "}
      {counted(total, "job")}, {counted(groups.length, "error")}
    </span>
  );
}
