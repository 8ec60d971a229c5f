import { Link } from "@tanstack/react-router";
import { useApi } from "~/api/context";
import type { Stats } from "~/api/types";
import { compact, count } from "~/format";
import style from "./Navigation.module.css";
import { PLACES, type Place } from "./places";
import { useShownStats } from "./useShownStats";

/** The screens, with the two numbers that matter most. `onGo`: called when one was chosen. */
export function Navigation({ onGo }: { onGo?: () => void }) {
  const { config } = useApi();
  const { data } = useShownStats();
  return (
    <div className={style["bar"]}>
      <nav aria-label="Screens" className={style["places"]}>
        {PLACES.map((place) => (
          <Link
            key={place.to}
            to={place.to}
            className={style["place"]}
            activeOptions={{ exact: place.to === "/", includeSearch: false }}
            onClick={onGo}
          >
            <place.icon size={17} stroke={1.7} />
            <span className={style["name"]}>{place.name}</span>
            <Badge place={place} stats={data} />
          </Link>
        ))}
      </nav>
      <footer className={style["foot"]}>
        <a href={`${config.dashboard}/schema`} target="_blank" rel="noreferrer">
          API
        </a>
        <a href={`${config.dashboard}/metrics`} target="_blank" rel="noreferrer">
          Metrics
        </a>
        <span>
          {[config.version && `v${config.version}`, config.environment].filter(Boolean).join(" · ")}
        </span>
      </footer>
    </div>
  );
}

function Badge({ place, stats: data }: { place: Place; stats: Stats | undefined }) {
  if (data === undefined) return null;
  if (place.to === "/jobs" && data.jobs.processing > 0) {
    return (
      <span
        className={style["badge"]}
        title={`${count(data.jobs.processing)} processing`}
        data-kind="processing"
      >
        {compact(data.jobs.processing)}
      </span>
    );
  }
  if (place.to === "/dead-letters" && data.dead_letter > 0) {
    return (
      <span className={style["badge"]} title={`${count(data.dead_letter)} dead letters`} data-kind="failed">
        {compact(data.dead_letter)}
      </span>
    );
  }
  return null;
}
