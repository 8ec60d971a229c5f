/** The keys that work on every screen. */

import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type Keys, useKeys } from "~/components/keys";
import { useLive } from "~/live/context";
import { focusSearch } from "./focus";
import { PLACES } from "./places";
import { nextScheme } from "./scheme";
import { useTravel } from "./travel/context";

export function useShellKeys(toggleHelp: () => void): void {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const live = useLive();
  const travel = useTravel();
  const past = travel.at !== null;
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const going: Keys = Object.fromEntries(
    PLACES.map(({ key, to }) => [`g ${key}`, () => void navigate({ to })]),
  );
  useKeys({
    ...going,
    "/": focusSearch,
    "?": toggleHelp,
    "Shift+?": toggleHelp,
    r: () => void queries.invalidateQueries(),
    p: () => (past ? travel.play() : live.pause(live.status.state !== "paused")),
    z: travel.toggle,
    ",": () => travel.opened && travel.step(-1),
    ".": () => past && travel.step(1),
    Escape: () => (past ? travel.leave() : travel.opened && travel.toggle()),
    t: () => setColorScheme(nextScheme(colorScheme)),
  });
}
