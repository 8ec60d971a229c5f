/** A box with a title: what every screen is made of. */

import type { ReactNode } from "react";
import style from "./Panel.module.css";

interface PanelProps {
  title?: ReactNode;
  /** Beside the title: a figure, a link, a switch. */
  aside?: ReactNode;
  /** Content goes to the edges: for tables. */
  flush?: boolean;
  className?: string | undefined;
  children: ReactNode;
}

export function Panel({ title, aside, flush = false, className, children }: PanelProps) {
  return (
    <section className={`${style.panel} ${className ?? ""}`}>
      {(title || aside) && (
        <header className={style.head}>
          {title && <h2 className={style.title}>{title}</h2>}
          {aside && <div className={style.aside}>{aside}</div>}
        </header>
      )}
      <div className={style.body} data-flush={flush || undefined}>
        {children}
      </div>
    </section>
  );
}
