import { Link } from "@tanstack/react-router";
import { breakers } from "~/api/reads";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import style from "./Breakers.module.css";

/** The circuits that are not closed. Where all are, there is nothing to say and nothing is shown. */
export function Breakers() {
  const { data } = useRead(breakers());
  const open = (data?.items ?? []).filter(({ state }) => state !== "closed");
  if (open.length === 0) return null;
  return (
    <Panel title="Circuit breakers">
      <ul className={style["breakers"]}>
        {open.map(({ type, state }) => (
          <li key={type}>
            <Link to="/types/$type" params={{ type }}>
              <b>{type}</b>
            </Link>
            <span>{state.replace("_", " ")}</span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
