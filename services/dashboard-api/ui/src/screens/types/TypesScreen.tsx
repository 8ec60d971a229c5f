import { Button } from "@mantine/core";
import { IconCategory2 } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { types } from "~/api/reads";
import type { TypeView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { BreakerBadge } from "~/components/BreakerBadge";
import { DataTable } from "~/components/DataTable";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import type { Column } from "~/components/table-model";
import { count, counted, duration, rate } from "~/format";
import { SuccessRate } from "./SuccessRate";
import { success } from "./success";
import style from "./Types.module.css";

/** Every type of job: how many, how often well, how long, and whether its circuit breaker is open. */
export function TypesScreen() {
  const answer = useRead(types());
  const navigate = useNavigate();
  const open = answer.data?.items.filter(({ breaker }) => breaker !== "closed").length ?? 0;
  return (
    <Page
      title="Types"
      about={
        answer.data && (
          <>
            {counted(answer.data.items.length, "type")}
            {open > 0 && ` · ${counted(open, "circuit breaker")} not closed`}
          </>
        )
      }
    >
      <Panel flush>
        <Shown
          of={answer}
          empty={({ items }) => items.length === 0}
          otherwise={
            <Empty
              icon={IconCategory2}
              title="No types yet"
              action={
                <Button component={Link} to="/submit" variant="default" mt={6}>
                  Submit a job
                </Button>
              }
            >
              They are those of the workers, and of the jobs that were submitted.
            </Empty>
          }
        >
          {({ items }) => (
            <DataTable
              label="Types"
              columns={COLUMNS}
              rows={items}
              idOf={({ type }) => type}
              initialSort={{ by: "total", descending: true }}
              open={({ type }) => void navigate({ to: "/types/$type", params: { type } })}
              maxHeight={2_000}
            />
          )}
        </Shown>
      </Panel>
    </Page>
  );
}

const COLUMNS: readonly Column<TypeView>[] = [
  {
    id: "type",
    title: "Type",
    cell: ({ type, description }) => (
      <>
        <Link to="/types/$type" params={{ type }} title={description || type} className={style["type"]}>
          {type}
        </Link>
        <span className={style["about"]} title={description}>
          <bdi>{description.slice(0, 200)}</bdi>
        </span>
      </>
    ),
    value: ({ type }) => type,
  },
  {
    id: "breaker",
    title: "Breaker",
    width: 104,
    cell: ({ breaker }) => <BreakerBadge state={breaker} quiet={breaker === "closed"} />,
    value: ({ breaker }) => breaker,
  },
  {
    id: "total",
    title: "Jobs",
    width: 78,
    align: "end",
    cell: (t) => count(t.jobs.total),
    value: (t) => t.jobs.total,
  },
  {
    id: "success",
    title: "Success",
    width: 140,
    align: "end",
    from: 480,
    cell: (t) => <SuccessRate jobs={t.jobs} />,
    value: (t) => success(t.jobs),
  },
  {
    id: "failed",
    title: "Failed",
    width: 78,
    align: "end",
    from: 640,
    cell: (t) => count(t.jobs.failed),
    value: (t) => t.jobs.failed,
  },
  {
    id: "in",
    title: "In",
    width: 82,
    align: "end",
    from: 960,
    cell: (t) => rate(t.rate_in_per_s),
    value: (t) => t.rate_in_per_s,
  },
  {
    id: "p50",
    title: "Run p50",
    width: 92,
    align: "end",
    from: 800,
    cell: (t) => duration(t.run_time_ms.p50),
    value: (t) => t.run_time_ms.p50,
  },
  {
    id: "p95",
    title: "Run p95",
    width: 92,
    align: "end",
    from: 800,
    cell: (t) => duration(t.run_time_ms.p95),
    value: (t) => t.run_time_ms.p95,
  },
  {
    id: "workers",
    title: "Workers",
    width: 88,
    align: "end",
    from: 640,
    cell: (t) => count(t.workers),
    value: (t) => t.workers,
  },
];
