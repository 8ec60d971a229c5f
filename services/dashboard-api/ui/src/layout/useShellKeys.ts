/** The keys that work on every screen. */

import { useMantineColorScheme } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type Keys, useKeys } from "~/components/keys";
import { useLive } from "~/live/context";
import { focusSearch } from "./focus";
import { PLACES } from "./places";
import { nextScheme } from "./scheme";

export function useShellKeys(toggleHelp: () => void): void {
  const navigate = useNavigate();
  const queries = useQueryClient();
  const live = useLive();
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
    p: () => live.pause(live.status.state !== "paused"),
    t: () => setColorScheme(nextScheme(colorScheme)),
  });
}
