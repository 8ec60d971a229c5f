import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconArrowUp, IconInfoCircle, IconSend } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMoment } from "~/api/context";
import type { JobView } from "~/api/types";
import { DataTable } from "~/components/DataTable";
import { useKeys } from "~/components/keys";
import { OnlyNow } from "~/components/OnlyNow";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import type { Sort } from "~/components/table-model";
import { counted } from "~/format";
import { BulkBar } from "./BulkBar";
import { BulkMenu } from "./BulkMenu";
import { BulkDialog } from "./bulk/BulkDialog";
import { BulkPanel } from "./bulk/BulkPanel";
import { type Action, type Meant, selectionOf } from "./bulk/orders";
import { RECENT } from "./bulk/useBulk";
import { COLUMNS, NARROW } from "./columns";
import { ExportButton } from "./ExportButton";
import style from "./Jobs.module.css";
import { Foot, Instead, Total } from "./ListStates";
import { StatusFilter } from "./StatusFilter";
import type { JobSort } from "./search";
import { useAsked } from "./useAsked";
import { useFigures } from "./useFigures";
import { useJobList } from "./useJobList";
import { useSelection } from "./useSelection";
import { Views } from "./Views";

const idOf = (job: JobView) => job.id;

/** Every job, or those that the search asks for. */
export function JobsScreen() {
  const { q = "", sort = "-submitted_at", bulk } = useSearch({ from: "/jobs" });
  const navigate = useNavigate({ from: "/jobs" });
  const { parameters, problems } = useAsked(q);
  const filter = useMemo(() => ({ ...parameters, sort }), [parameters, sort]);
  const list = useJobList(filter);
  const { answer, rows } = list;
  const { total, exact, counts } = useFigures(q, list, answer.dataUpdatedAt);
  const ids = useMemo(() => rows.map(idOf), [rows]);
  const { selected, whole, all, selection, selectWhole, clear } = useSelection(ids, q);
  const [asking, setAsking] = useState<{ action: Action; meant: Meant } | null>(null);
  const narrow = useMediaQuery("(max-width: 640px)") ?? false;
  const past = useMoment() !== undefined;
  // While time is travelled, nothing dims between two moments.
  const stale = answer.isPlaceholderData && !past;
  useKeys({ Escape: clear });

  const matching = (action: Action) => setAsking({ action, meant: { filter: selectionOf(parameters) } });
  const look = (one: string | undefined) =>
    void navigate({ search: (before) => ({ ...before, bulk: one }), replace: bulk !== undefined });

  return (
    <Page
      title="Jobs"
      fill
      about={total !== undefined && <Total total={total} exact={exact} stale={stale} />}
      actions={
        <>
          <Views q={q} sort={sort === "-submitted_at" ? undefined : sort} />
          <ExportButton filter={filter} total={total} exact={exact} />
          <OnlyNow>
            <BulkMenu total={total} exact={exact} act={matching} showRecent={() => look(RECENT)} />
          </OnlyNow>
          <Button
            component={Link}
            to="/submit"
            variant="default"
            leftSection={<IconSend size={14} />}
            visibleFrom="sm"
          >
            Submit
          </Button>
        </>
      }
    >
      <div className={style["bar"]}>
        <StatusFilter q={q} counts={counts} />
        {problems.length > 0 && (
          <span className={style["problems"]} role="status">
            <IconInfoCircle size={15} /> {problems.join("; ")}
          </span>
        )}
      </div>
      <Panel className={style["list"]} flush>
        {rows.length === 0 ? (
          <div className={style["instead"]}>
            <Instead list={list} searched={q !== ""} />
          </div>
        ) : (
          <DataTable
            label="Jobs"
            fill
            columns={narrow ? NARROW : COLUMNS}
            rowHeight={narrow ? 56 : 36}
            rows={rows}
            idOf={idOf}
            total={total}
            dimmed={stale}
            open={(job) => void navigate({ to: "/jobs/$id", params: { id: job.id } })}
            sort={sortOf(sort)}
            onSort={(next) =>
              void navigate({ search: (before) => ({ ...before, sort: written(next) }), replace: true })
            }
            selection={past || narrow ? undefined : selection}
            onEnd={list.more}
            onTop={list.setAtTop}
            onHold={list.setHeld}
            foot={<Foot answer={answer} more={list.more} total={total} exact={exact} />}
          />
        )}
        {list.arrived > 0 && (
          <Button
            className={style["arrived"]}
            radius="xl"
            size="compact-sm"
            leftSection={<IconArrowUp size={14} />}
            onClick={() => {
              document.querySelector(`.${style["list"]} section`)?.scrollTo({ top: 0 });
              void list.refresh();
            }}
          >
            {q === "" ? counted(list.arrived, "new job") : "Show what is new"}
          </Button>
        )}
        {!past && (
          <BulkBar
            selected={selected.size}
            all={all}
            whole={whole}
            total={total ?? 0}
            exact={exact}
            selectWhole={selectWhole}
            clear={clear}
            act={(action) =>
              whole ? matching(action) : setAsking({ action, meant: { ids: [...selected] } })
            }
          />
        )}
      </Panel>
      <BulkDialog
        asking={asking}
        onClose={() => setAsking(null)}
        onBegun={(id) => {
          setAsking(null);
          clear();
          look(id);
        }}
      />
      <BulkPanel bulk={past ? undefined : bulk} look={look} />
    </Page>
  );
}

function sortOf(sort: JobSort): Sort {
  return { by: sort.replace(/^-/, ""), descending: sort.startsWith("-") };
}

function written(sort: Sort | null): JobSort | undefined {
  return sort === null ? undefined : (`${sort.descending ? "-" : ""}${sort.by}` as JobSort);
}
