import { IconCircleCheck } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { jobOf } from "~/api/reads";
import type { Submitted } from "~/api/types";
import { useRead } from "~/api/useRead";
import { JobId } from "~/components/JobId";
import { StateBadge } from "~/components/StateBadge";
import style from "./Notice.module.css";

/** What came of the form as it is: the job, how it is by now, and the way to it. */
export function Accepted({ submitted: { id, type, status } }: { submitted: Submitted }) {
  const { data } = useRead(jobOf(id));
  return (
    <div className={style["notice"]} data-kind="accepted" role="status">
      <IconCircleCheck size={16} aria-hidden="true" />
      <div className={style["line"]}>
        <b>Submitted</b>
        <span className={style["what"]}>
          {type} <JobId id={id} />
        </span>
        <StateBadge state={data?.phase ?? status} />
        <Link to="/jobs/$id" params={{ id }}>
          Open the job
        </Link>
      </div>
    </div>
  );
}
