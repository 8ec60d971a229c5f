/** The frame of a screen: its title, what can be done with all of it, its content. */

import { useDocumentTitle } from "@mantine/hooks";
import type { ReactNode } from "react";
import style from "./Page.module.css";

interface PageProps {
  title: string;
  /** Beside the title: a count, a state. */
  about?: ReactNode;
  actions?: ReactNode;
  /** The content takes the height of the window and scrolls within: for long tables. */
  fill?: boolean;
  children: ReactNode;
}

export function Page({ title, about, actions, fill = false, children }: PageProps) {
  useDocumentTitle(`${title} · Journeyman`);
  return (
    <div className={style.page} data-fill={fill || undefined}>
      <div className={style.head}>
        <h1 className={style.title}>{title}</h1>
        {about && <div className={style.about}>{about}</div>}
        {actions && <div className={style.actions}>{actions}</div>}
      </div>
      {children}
    </div>
  );
}
