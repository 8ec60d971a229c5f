import { Button, Loader } from "@mantine/core";
import { IconListSearch, IconSend, IconZoomScan } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { Empty, Failed, Loading } from "~/components/states";
import { count, counted } from "~/format";
import style from "./Jobs.module.css";
import type { useJobList } from "./useJobList";

type List = ReturnType<typeof useJobList>;
type Answer = List["answer"];

/** How many there are in all; where not all were looked at, no more is said than is known. */
export function Total({ total, exact, stale }: { total: number; exact: boolean; stale: boolean }) {
  return (
    <span
      className="numbers"
      aria-live="polite"
      title={exact ? undefined : "Texts and payloads are looked at job by job: only the latest were counted"}
    >
      {stale ? "…" : `${exact ? "" : "at least "}${counted(total, "job")}`}
    </span>
  );
}

/** What stands in the place of rows. */
export function Instead({ list: { answer }, searched }: { list: List; searched: boolean }) {
  if (answer.isError) return <Failed error={answer.error} again={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Loading lines={16} />;
  if (answer.hasNextPage) return <Searching looked={answer.data.pages.length} />;
  return <NoJobs searched={searched} />;
}

/** There are none. */
function NoJobs({ searched }: { searched: boolean }) {
  if (searched) {
    return (
      <Empty icon={IconListSearch} title="No job is like that">
        Jobs that ended long ago are forgotten. Press <b>?</b> for everything that can be asked for.
      </Empty>
    );
  }
  return (
    <Empty
      icon={IconSend}
      title="No jobs yet"
      action={
        <Button component={Link} to="/submit" mt={6}>
          Submit the first
        </Button>
      }
    >
      They are listed here as they come.
    </Empty>
  );
}

/** None was found so far, and there are more to look at. */
function Searching({ looked }: { looked: number }) {
  return (
    <Empty icon={IconZoomScan} title="Searching" action={<Loader size="xs" mt={8} />}>
      <span role="status">
        Texts and payloads are looked at job by job: none was found in the latest{" "}
        {counted(looked, "stretch", "stretches")}. Qualifiers such as <b>type:</b> or <b>age:</b> make it
        faster.
      </span>
    </Empty>
  );
}

interface FootProps {
  answer: Answer;
  more: () => void;
  total: number | undefined;
  exact: boolean;
}

/** Below the rows: more is coming, or failed to. */
export function Foot({ answer, more, total, exact }: FootProps) {
  if (answer.isFetchNextPageError) {
    return <Failed error={answer.error} again={() => void answer.fetchNextPage()} />;
  }
  if (!answer.hasNextPage) return null;
  return (
    <div className={style["foot"]}>
      {answer.isFetchingNextPage ? (
        <Loader size="xs" />
      ) : (
        <Button variant="subtle" onClick={more}>
          {exact ? `More (${count(total)} in all)` : "Look further"}
        </Button>
      )}
    </div>
  );
}
