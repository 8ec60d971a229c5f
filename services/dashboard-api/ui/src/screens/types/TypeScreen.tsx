import { IconArrowLeft } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { breakers, typeOf } from "~/api/reads";
import type { TypeDetail } from "~/api/types";
import { useRead } from "~/api/useRead";
import { BreakerBadge } from "~/components/BreakerBadge";
import { Described } from "~/components/Described";
import { Page } from "~/components/Page";
import { Course } from "~/components/span/Course";
import { HowFarBack } from "~/components/span/HowFarBack";
import { Lengths } from "~/components/span/Lengths";
import { Unanswered } from "~/components/Unanswered";
import { WINDOWS, type Window } from "~/search/windows";
import { Breaker } from "./Breaker";
import { BreakerSwitch } from "./BreakerSwitch";
import { Errors } from "./Errors";
import { Figures } from "./Figures";
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
      about={known && <BreakerBadge state={known.breaker} named />}
      actions={
        <>
          <Link to="/types" className={style["back"]}>
            <IconArrowLeft size={14} /> All types
          </Link>
          <HowFarBack
            windows={WINDOWS}
            window={window}
            look={(value) => void navigate({ search: { window: value }, replace: true })}
          />
          {known && <BreakerSwitch type={type} state={known.breaker} />}
        </>
      }
    >
      {known ? (
        <Known view={known} window={window} />
      ) : (
        <Unanswered answer={answer} lines={12} title="No such type">
          No worker knows it, and there are no jobs of it.
        </Unanswered>
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
        <Errors
          groups={view.errors}
          exact={view.errors_are_exact}
          sample={view.errors_sample}
          type={view.type}
        />
        <Course label="Jobs of the type a second, over time" span={view.span} jobs={view.jobs} />
        <Takes view={view} />
      </div>
    </>
  );
}
