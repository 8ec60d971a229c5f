import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import style from "./Notice.module.css";

interface NoticeProps {
  kind: "warning" | "refused";
  title: string;
  children: ReactNode;
}

/** Something to be read before going on. A refusal is read out at once. */
export function Notice({ kind, title, children }: NoticeProps) {
  return (
    <div className={style["notice"]} data-kind={kind} role={kind === "refused" ? "alert" : "note"}>
      <IconAlertTriangle size={16} aria-hidden="true" />
      <div>
        <b>{title}</b>
        <p>{children}</p>
      </div>
    </div>
  );
}
