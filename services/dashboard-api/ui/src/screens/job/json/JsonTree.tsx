/** A JSON value as a tree that folds. What is shut is not there; long lists and texts come piece by piece. */

import { useState } from "react";
import style from "./JsonTree.module.css";
import { entriesOf, levelsOpen, opens, quoted, rounded, shortened, sizeOf, summary } from "./json";

const PIECE = 100;
const TEXT = 400;

export function JsonTree({ value, label }: { value: unknown; label: string }) {
  const [levels] = useState(() => levelsOpen(value));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
    <section className={`mono ${style["tree"]}`} aria-label={label} tabIndex={0} dir="ltr">
      {opens(value) ? (
        <Inside value={value} open={levels} />
      ) : (
        <Leaf value={typeof value === "object" && value !== null ? summary(value) : value} raw={value} />
      )}
    </section>
  );
}

function Inside({ value, open }: { value: object; open: number }) {
  const [most, setMost] = useState(PIECE);
  const rest = sizeOf(value) - most;
  return (
    <ul className={style["inside"]}>
      {entriesOf(value, most).map(([name, one]) => (
        <Item key={name} name={name} value={one} open={open} />
      ))}
      {rest > 0 && (
        <li>
          <button type="button" className={style["more"]} onClick={() => setMost(most + PIECE * 5)}>
            {Math.min(rest, PIECE * 5)} more of {rest}
          </button>
        </li>
      )}
    </ul>
  );
}

function Item({ name, value, open }: { name: string | number; value: unknown; open: number }) {
  const [opened, setOpened] = useState(open > 1);
  const title = (
    <span className={style["name"]} data-index={typeof name === "number" || undefined}>
      {typeof name === "number" ? name : quoted(name).slice(1, -1) || '""'}
    </span>
  );
  if (!opens(value)) {
    return (
      <li className={style["item"]}>
        {title}{" "}
        <Leaf value={typeof value === "object" && value !== null ? summary(value) : value} raw={value} />
      </li>
    );
  }
  return (
    <li>
      <button
        type="button"
        className={style["fold"]}
        aria-expanded={opened}
        onClick={() => setOpened(!opened)}
      >
        {title} <span className={style["summary"]}>{summary(value)}</span>
      </button>
      {opened && <Inside value={value} open={open - 1} />}
    </li>
  );
}

/** A value without anything inside. `raw` says what it is, `value` what is written. */
function Leaf({ value, raw }: { value: unknown; raw: unknown }) {
  const [whole, setWhole] = useState(false);
  if (typeof raw !== "string") {
    const kind = raw === null ? "null" : typeof raw;
    return (
      <span
        className={style["leaf"]}
        data-kind={kind}
        title={rounded(raw) ? "so large that the browser may have rounded it" : undefined}
      >
        {rounded(raw) ? "≈ " : ""}
        {String(value)}
      </span>
    );
  }
  const { shown, rest } = shortened(raw, whole ? Number.POSITIVE_INFINITY : TEXT);
  return (
    <bdi className={style["leaf"]} data-kind="string">
      {shown}
      {rest > 0 && (
        <button type="button" className={style["more"]} onClick={() => setWhole(true)}>
          {rest} more characters
        </button>
      )}
    </bdi>
  );
}
