import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { ProblemError } from "~/api/http";
import { stats } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { sinceBegun } from "~/components/chart/series";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { HowFarBack } from "~/components/span/HowFarBack";
import { Failed } from "~/components/states";
import { Autoscaler } from "./Autoscaler";
import { Backlog } from "./Backlog";
import { Breakers } from "./Breakers";
import { DeadLetterGroups } from "./DeadLetterGroups";
import { Fleet } from "./Fleet";
import { Latency } from "./Latency";
import { Notable } from "./Notable";
import style from "./Overview.module.css";
import { StatusTiles } from "./StatusTiles";
import { OVERVIEW_WINDOWS, type OverviewSearch } from "./search";
import { Throughput } from "./Throughput";

/** The whole at a glance. Everything in it leads to the list behind it. */
export function OverviewScreen() {
  const { window = "15m", notable } = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const look = (further: OverviewSearch) =>
    void navigate({ search: (former) => ({ ...former, ...further }), replace: true });
  const answer = useRead(stats(window), { keep: true });
  const figures = useMemo(() => answer.data && sinceBegun(answer.data), [answer.data]);
  const failed = answer.isError && answer.data === undefined;
  return (
    <Page
      title="Overview"
      actions={
        <HowFarBack windows={OVERVIEW_WINDOWS} window={window} look={(value) => look({ window: value })} />
      }
    >
      {failed ? (
        <Panel>
          <Failed error={answer.error} again={() => void answer.refetch()} />
        </Panel>
      ) : (
        <>
          <StatusTiles stats={answer.data} />
          <div className={style["charts"]}>
            <Throughput stats={figures} />
            <Latency stats={figures} />
          </div>
        </>
      )}
      {!(failed && unanswered(answer.error)) && (
        <div className={style["columns"]}>
          <div>
            <Backlog />
            <DeadLetterGroups />
          </div>
          <div>
            <Breakers />
            <Fleet />
            <Autoscaler />
          </div>
          <div>
            <Notable all={notable === "all"} onAll={(all) => look({ notable: all ? "all" : undefined })} />
          </div>
        </div>
      )}
    </Page>
  );
}

/** Whether nobody is there: saying so once is enough. */
function unanswered(error: Error | null): boolean {
  return error instanceof ProblemError && error.status === 0;
}
