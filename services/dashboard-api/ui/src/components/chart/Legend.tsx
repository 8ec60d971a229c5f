import style from "./Legend.module.css";
import type { Line } from "./TimeChart";

/** What the lines of a chart are; stands beside its title. */
export function Legend({ lines }: { lines: readonly Pick<Line, "name" | "colour" | "dashed">[] }) {
  return (
    <ul className={style["legend"]}>
      {lines.map(({ name, colour, dashed }) => (
        <li key={name}>
          <i style={{ background: `var(${colour})` }} data-dashed={dashed || undefined} />
          {name}
        </li>
      ))}
    </ul>
  );
}
