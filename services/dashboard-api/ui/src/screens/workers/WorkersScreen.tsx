import { Switch } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { workers } from "~/api/reads";
import type { WorkerView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Page } from "~/components/Page";
import { count, counted, share } from "~/format";
import { sumOf, versionsOf } from "./fleet";
import { RunningPanel } from "./RunningPanel";
import { ScalingPanel } from "./ScalingPanel";
import { useBeats } from "./useBeats";
import { WorkersPanel } from "./WorkersPanel";

/** Every worker: how it is, what it runs, and why there are as many as there are. */
export function WorkersScreen() {
  const { worker: chosen, all } = useSearch({ from: "/workers" });
  const navigate = useNavigate({ from: "/workers" });
  const answer = useRead(workers(all), { keep: true });
  useBeats(answer);
  const choose = (worker: string | undefined) =>
    void navigate({ search: { ...(worker ? { worker } : {}), ...(all ? { all } : {}) }, replace: true });
  return (
    <Page
      title="Workers"
      about={answer.data && <About workers={answer.data.items} />}
      actions={
        <Switch
          size="xs"
          label="Also those long gone"
          checked={all ?? false}
          onChange={({ currentTarget: { checked } }) =>
            void navigate({
              search: { ...(chosen ? { worker: chosen } : {}), ...(checked ? { all: true } : {}) },
              replace: true,
            })
          }
        />
      }
    >
      <WorkersPanel answer={answer} chosen={chosen} choose={choose} />
      <RunningPanel answer={answer} chosen={chosen} choose={choose} />
      <ScalingPanel />
    </Page>
  );
}

function About({ workers: items }: { workers: readonly WorkerView[] }) {
  const { workers: there, slots, busy } = sumOf(items);
  const versions = versionsOf(items);
  return (
    <span className="numbers">
      {counted(there, "worker")}
      {slots > 0 && ` · ${count(busy)} of ${count(slots)} slots busy (${share(busy / slots)})`}
      {versions.length > 1 && ` · versions ${versions.join(" and ")}`}
    </span>
  );
}
