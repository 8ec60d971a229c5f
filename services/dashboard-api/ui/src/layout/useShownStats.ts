import { useMatch } from "@tanstack/react-router";
import { stats } from "~/api/reads";
import { useRead } from "~/api/useRead";

/** The figures that the screen shows, read once for all: what the frame says never contradicts what the screen says. */
export function useShownStats() {
  const overview = useMatch({ from: "/", shouldThrow: false });
  return useRead(stats(overview?.search.window), { keep: true });
}
