/** Around what changes the system: in the past it cannot be used, and says why. */

import { Tooltip } from "@mantine/core";
import type { ReactNode } from "react";
import { useMoment } from "~/api/context";
import { ONLY_NOW } from "~/api/useWrite";
import style from "./OnlyNow.module.css";

export function OnlyNow({ children }: { children: ReactNode }) {
  const past = useMoment() !== undefined;
  if (!past) return children;
  return (
    <Tooltip label={ONLY_NOW} multiline maw={240}>
      <fieldset disabled className={style["shut"]}>
        <legend className={style["reason"]}>{ONLY_NOW}</legend>
        {children}
      </fieldset>
    </Tooltip>
  );
}
