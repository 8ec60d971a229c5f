import { SegmentedControl } from "@mantine/core";
import { IconArrowLeft, IconMoodSearch } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ProblemError } from "~/api/http";
import { breakers, typeOf } from "~/api/reads";
import type { TypeDetail } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Described } from "~/components/Described";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty, Failed, Loading } from "~/components/states";
import { Breaker } from "./Breaker";
import { BreakerBadge } from "./BreakerBadge";
import { BreakerSwitch } from "./BreakerSwitch";
import { Course } from "./Course";
import { Errors } from "./Errors";
import { Figures } from "./Figures";
import { Lengths } from "./Lengths";
import { WINDOWS, type Window } from "./search";
import { Takes } from "./Takes";
import style from "./Types.module.css";

/** One type of job: what it takes, how often well, how long, what it fails of, and its circuit breaker. */
export function TypeScreen() {
  const { type } = useParams({ from: "/types/$type" });
  const { window = "1h" } = useSearch({ from: "/types/$type" });
  const navigate = useNavigate({ from: "/types/$type" });
  const answer = useRead(typeOf(type, window), { keep: true });
  const known = answer.data?.type === type ? answer.data : undefined;
  return (
    <Page
      title={type}
      about={known && <BreakerBadge state={known.breaker} />}
      actions={
        <>
          <Link to="/types" className={style["back"]}>
            <IconArrowLeft size={14} /> All types
          </Link>
          <SegmentedControl
            size="xs"
            aria-label="How far back"
            data={[...WINDOWS]}
            value={window}
            onChange={(value) => void navigate({ search: { window: value as Window }, replace: true })}
          />
          {known && <BreakerSwitch type={type} state={known.breaker} />}
        </>
      }
    >
      {known ? (
        <Known view={known} window={window} />
      ) : (
        <Panel>
          {!answer.isError ? (
            <Loading lines={12} />
          ) : answer.error instanceof ProblemError && answer.error.status === 404 ? (
            <Empty icon={IconMoodSearch} title="No such type">
              No worker knows it, and there are no jobs of it.
            </Empty>
          ) : (
            <Failed error={answer.error} again={() => void answer.refetch()} />
          )}
        </Panel>
      )}
    </Page>
  );
}

function Known({ view, window }: { view: TypeDetail; window: Window }) {
  const { data: all } = useRead(breakers());
  const breaker = all?.items.find((one) => one.type === view.type);
  return (
    <>
      {view.description && (
        <p className={style["description"]}>
          <Described text={view.description} />
        </p>
      )}
      <Figures view={view} window={window} />
      {breaker && breaker.state !== "closed" && <Breaker breaker={breaker} />}
      <div className={style["grid"]}>
        <Lengths span={view.span} window={window} />
        <Errors groups={view.errors} exact={view.errors_are_exact} type={view.type} />
        <Course span={view.span} />
        <Takes view={view} />
      </div>
    </>
  );
}
