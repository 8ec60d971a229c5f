/** A link to a moment: the same screen, as the system was then. */

import { Tooltip } from "@mantine/core";
import { IconClockPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import style from "./AtMoment.module.css";

interface AtMomentProps {
  /** An offset, or a time. */
  moment: string;
  /** Words beside the sign; without, the sign alone. */
  children?: string;
}

export function AtMoment({ moment, children }: AtMomentProps) {
  const link = (
    <Link
      to="."
      search={(before: object) => ({ ...before, as_of: moment })}
      className={style["link"]}
      aria-label="Show the system at this moment"
      onClick={(event) => event.stopPropagation()}
    >
      <IconClockPlay size={15} stroke={1.7} />
      {children}
    </Link>
  );
  return children ? link : <Tooltip label="Show the system at this moment">{link}</Tooltip>;
}
