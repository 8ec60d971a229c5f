/** A job's id as a link to the job: short in lists, whole where there is room, and to be copied. */

import { Link } from "@tanstack/react-router";
import { shortId } from "~/format";
import { Copy } from "./Copy";
import style from "./JobId.module.css";

interface JobIdProps {
  id: string;
  long?: boolean;
  copy?: boolean;
}

export function JobId({ id, long = false, copy = true }: JobIdProps) {
  return (
    <span className={style.id}>
      <Link to="/jobs/$id" params={{ id }} title={id} className={`mono ${style.link}`}>
        {long ? id : shortId(id)}
      </Link>
      {copy && (
        <span className={style.copy}>
          <Copy value={id} what="the job's id" />
        </span>
      )}
    </span>
  );
}
