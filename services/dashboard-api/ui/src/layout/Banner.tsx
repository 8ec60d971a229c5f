import { IconAlertTriangle, IconCloudOff } from "@tabler/icons-react";
import { useNow } from "~/components/clock";
import { ago, duration } from "~/format";
import { useLiveStatus } from "~/live/context";
import style from "./Banner.module.css";
import { useShownStats } from "./useShownStats";

/** How far behind the log the figures may be before it is said. */
const LAG_MS = 5_000;
/** A short break is mended before anybody has read of it. */
const GRACE_MS = 2_500;

/** Says across the top when what is shown is old: the connection broke, or the read model is behind. */
export function Banner() {
  const { state, currentAt, lag } = useLiveStatus();
  const { data, dataUpdatedAt } = useShownStats();
  const now = useNow();
  const since = currentAt ?? now;
  if (state === "reconnecting" && (currentAt === null || now - since > GRACE_MS)) {
    return (
      <div className={style["banner"]} data-kind="broken" role="status">
        <IconCloudOff size={16} />
        <span>
          <b>Not connected.</b>{" "}
          {currentAt === null ? "Nothing has come yet." : `What you see was true ${ago(since, now)}.`} Trying
          again.
        </span>
      </div>
    );
  }
  const lagMs = lag !== null && lag.at > dataUpdatedAt ? lag.ms : (data?.lag_ms ?? 0);
  if (state === "live" && lagMs > LAG_MS) {
    return (
      <div className={style["banner"]} data-kind="behind" role="status">
        <IconAlertTriangle size={16} />
        <span>
          <b>Catching up.</b> What you see is {duration(lagMs)} behind the log.
        </span>
      </div>
    );
  }
  return null;
}
