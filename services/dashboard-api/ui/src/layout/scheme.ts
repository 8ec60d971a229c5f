import type { MantineColorScheme } from "@mantine/core";

const ORDER: readonly MantineColorScheme[] = ["auto", "light", "dark"];

/** The next look: as the system has it, light, dark, and round again. */
export function nextScheme(scheme: MantineColorScheme): MantineColorScheme {
  return ORDER[(ORDER.indexOf(scheme) + 1) % ORDER.length] ?? "auto";
}
