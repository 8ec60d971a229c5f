import { SegmentedControl } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { stats } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { Page } from "~/components/Page";
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
import { WINDOWS, type Window } from "./search";
import { Throughput } from "./Throughput";

/** The whole at a glance. Everything in it leads to the list behind it. */
export function OverviewScreen() {
  const { window = "15m" } = useSearch({ from: "/" });
  const navigate = useNavigate({ from: "/" });
  const answer = useRead(stats(window), { keep: true });
  return (
    <Page
      title="Overview"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          data={[...WINDOWS]}
          value={window}
          onChange={(value) => void navigate({ search: { window: value as Window }, replace: true })}
        />
      }
    >
      {answer.isError && answer.data === undefined && (
        <Failed error={answer.error} again={() => void answer.refetch()} />
      )}
      <StatusTiles stats={answer.data} />
      <div className={style["grid"]}>
        <div className={style["half"]}>
          <Throughput stats={answer.data} />
        </div>
        <div className={style["half"]}>
          <Latency stats={answer.data} />
        </div>
        <div className={style["third"]}>
          <Backlog />
        </div>
        <div className={style["third"]}>
          <Fleet />
        </div>
        <div className={style["third"]}>
          <Autoscaler />
        </div>
        <div className={style["half"]}>
          <DeadLetterGroups />
        </div>
        <div className={style["half"]}>
          <Notable />
          <Breakers />
        </div>
      </div>
    </Page>
  );
}
