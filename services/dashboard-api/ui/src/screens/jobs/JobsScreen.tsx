import { Button, Loader } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowUp, IconInfoCircle, IconListSearch, IconSend } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMoment } from "~/api/context";
import { queues, types } from "~/api/reads";
import type { JobView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { DataTable } from "~/components/DataTable";
import { useKeys } from "~/components/keys";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty, Failed, Loading } from "~/components/states";
import type { Sort } from "~/components/table-model";
import { count, counted } from "~/format";
import { asked } from "~/search/parameters";
import { BulkBar } from "./BulkBar";
import { COLUMNS, NARROW } from "./columns";
import style from "./Jobs.module.css";
import { StatusFilter } from "./StatusFilter";
import type { JobSort } from "./search";
import { useJobList } from "./useJobList";
import { useSelection } from "./useSelection";

const idOf = (job: JobView) => job.id;

/** Every job, or those that the search asks for. */
export function JobsScreen() {
  const { q = "", sort = "-submitted_at" } = useSearch({ from: "/jobs" });
  const navigate = useNavigate({ from: "/jobs" });
  const { parameters, problems } = useAsked(q);
  const filter = useMemo(() => ({ ...parameters, sort }), [parameters, sort]);
  const list = useJobList(filter);
  const { answer, rows, total } = list;
  const ids = useMemo(() => rows.map(idOf), [rows]);
  const { selected, selection, clear } = useSelection(ids);
  const narrow = useMediaQuery("(max-width: 640px)") ?? false;
  const past = useMoment() !== undefined;
  useKeys({ Escape: clear });

  return (
    <Page
      title="Jobs"
      fill
      about={
        total !== undefined && <Total total={total} exact={list.exact} stale={answer.isPlaceholderData} />
      }
      actions={
        <Button
          component={Link}
          to="/submit"
          variant="default"
          leftSection={<IconSend size={14} />}
          visibleFrom="sm"
        >
          Submit
        </Button>
      }
    >
      <div className={style["bar"]}>
        <StatusFilter q={q} />
        {problems.length > 0 && (
          <span className={style["problems"]} role="status">
            <IconInfoCircle size={15} /> {problems.join("; ")}
          </span>
        )}
      </div>
      <Panel className={style["list"]} flush>
        {answer.isError && rows.length === 0 ? (
          <Failed error={answer.error} again={() => void answer.refetch()} />
        ) : answer.data === undefined ? (
          <Loading lines={16} />
        ) : rows.length === 0 && !answer.hasNextPage ? (
          <NoJobs searched={q !== ""} />
        ) : (
          <DataTable
            label="Jobs"
            fill
            columns={narrow ? NARROW : COLUMNS}
            rowHeight={narrow ? 54 : 36}
            rows={rows}
            idOf={idOf}
            total={total}
            dimmed={answer.isPlaceholderData}
            open={(job) => void navigate({ to: "/jobs/$id", params: { id: job.id } })}
            sort={sortOf(sort)}
            onSort={(next) =>
              void navigate({ search: (before) => ({ ...before, sort: written(next) }), replace: true })
            }
            selection={past || narrow ? undefined : selection}
            onEnd={list.more}
            onTop={list.setAtTop}
            foot={<Foot answer={answer} more={list.more} />}
          />
        )}
        {list.arrived > 0 && (
          <Button
            className={style["arrived"]}
            radius="xl"
            leftSection={<IconArrowUp size={14} />}
            onClick={() => {
              document.querySelector(`.${style["list"]} section`)?.scrollTo({ top: 0 });
              void list.refresh();
            }}
          >
            {counted(list.arrived, "new job")}
          </Button>
        )}
        <BulkBar selected={selected} clear={clear} />
      </Panel>
    </Page>
  );
}

/** What a text asks the API for, with the names that its `*` stand for. */
function useAsked(q: string) {
  const stars = q.includes("*");
  const { data: known } = useRead(types(), { enabled: stars });
  const { data: lines } = useRead(queues(), { enabled: stars });
  const [since] = useState(Date.now);
  const typeNames = known?.items.map(({ type }) => type).join("\n") ?? "";
  const queueNames = lines?.items.map(({ name }) => name).join("\n") ?? "";
  return useMemo(() => {
    const names = { types: typeNames.split("\n"), queues: queueNames.split("\n") };
    return asked(q, names, q.includes("age:") ? Date.now() : since);
  }, [q, typeNames, queueNames, since]);
}

function Total({ total, exact, stale }: { total: number; exact: boolean; stale: boolean }) {
  return (
    <span className="numbers" aria-live="polite">
      {stale ? "…" : `${exact ? "" : "at least "}${counted(total, "job")}`}
    </span>
  );
}

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

type Answer = ReturnType<typeof useJobList>["answer"];

function Foot({ answer, more }: { answer: Answer; more: () => void }) {
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
          More ({count(answer.data?.pages[0]?.total)} in all)
        </Button>
      )}
    </div>
  );
}

function sortOf(sort: JobSort): Sort {
  return { by: sort.replace(/^-/, ""), descending: sort.startsWith("-") };
}

function written(sort: Sort | null): JobSort | undefined {
  return sort === null ? undefined : (`${sort.descending ? "-" : ""}${sort.by}` as JobSort);
}
