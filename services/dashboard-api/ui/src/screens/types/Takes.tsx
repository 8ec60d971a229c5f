import { IconForms } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { TypeDetail } from "~/api/types";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { counted, duration } from "~/format";
import { type Field, fieldsOf } from "~/schema/fields";
import { kindInWords, shown } from "~/schema/words";
import style from "./Takes.module.css";

/** What a type's payload is to be, and what its jobs have where nobody says otherwise: as its workers tell. */
export function Takes({ view }: { view: TypeDetail }) {
  const fields = useMemo(() => fieldsOf(view.schema), [view.schema]);
  return (
    <Panel
      title="Takes"
      aside={
        <Link to="/submit" search={{ type: view.type }}>
          Submit one
        </Link>
      }
    >
      {fields === null ? (
        <Empty icon={IconForms} title="Not said">
          No worker has said what belongs in its payload.
        </Empty>
      ) : fields.length === 0 ? (
        <p className="quiet">Nothing: its payload is empty.</p>
      ) : (
        <ul className={style["fields"]} aria-label="What its payload takes">
          {fields.map((field) => (
            <Line key={field.name} field={field} />
          ))}
        </ul>
      )}
      {view.queue !== null && view.max_attempts !== null && (
        <p className={style["defaults"]}>
          Queue <bdi className="mono">{view.queue}</bdi> · {counted(view.max_attempts, "attempt")} · at most{" "}
          {duration(view.timeout_ms)} each
        </p>
      )}
    </Panel>
  );
}

function Line({ field }: { field: Field }) {
  const otherwise = shown(field.otherwise);
  return (
    <li className={style["field"]}>
      <bdi className={`mono ${style["name"]}`}>
        {field.name}
        {field.required && <span title="must be given"> *</span>}
      </bdi>
      <span className={style["about"]}>
        <bdi>{field.about}</bdi>
        <span className="quiet">
          {" "}
          {kindInWords(field)}
          {otherwise && `, else ${otherwise}`}
        </span>
      </span>
    </li>
  );
}
