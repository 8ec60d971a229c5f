import type { TypeView } from "~/api/types";
import style from "./Submit.module.css";

const SHOWN_MOST = 24;

interface TypeChoicesProps {
  types: readonly TypeView[];
  choose: (type: string) => void;
}

/** The types that workers know, to begin with one of them. */
export function TypeChoices({ types, choose }: TypeChoicesProps) {
  const known = types.filter(({ workers }) => workers > 0);
  if (known.length === 0) return null;
  return (
    <section aria-label="Begin with one of these">
      <p className={style["about"]}>Workers know these:</p>
      <ul className={style["choices"]}>
        {known.slice(0, SHOWN_MOST).map(({ type, description }) => (
          <li key={type}>
            <button type="button" title={description || undefined} onClick={() => choose(type)}>
              {type}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
