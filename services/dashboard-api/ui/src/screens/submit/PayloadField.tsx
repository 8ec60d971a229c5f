import { Button, SegmentedControl, Text, Textarea } from "@mantine/core";
import type { TypeView } from "~/api/types";
import type { Field } from "~/schema/fields";
import { isObject } from "~/schema/values";
import { type Draft, readJson } from "./draft";
import { SchemaForm } from "./SchemaForm";
import style from "./Submit.module.css";

interface PayloadFieldProps {
  draft: Draft;
  problem: string | undefined;
  change: (some: Partial<Draft>) => void;
  type: TypeView | undefined;
  /** What a worker said that belongs in it; null where none did. */
  fields: readonly Field[] | null;
  /** Those of them that must be given and are not. */
  missing: readonly string[];
  /** Whether that is to be said beside the fields. */
  complain: boolean;
  asJson: boolean;
  setAsJson: (asJson: boolean) => void;
}

/** The payload: as a form where the type says what belongs in it, and always as JSON. */
export function PayloadField(props: PayloadFieldProps) {
  const { problem, change, type, fields, missing, complain, asJson, setAsJson } = props;
  const { payload } = props.draft;
  const { value } = readJson(payload);
  const choosable = fields !== null && isObject(value);
  const write = (next: unknown) => change({ payload: JSON.stringify(next, null, 2) });
  return (
    <div className={style["payload"]}>
      <div className={style["label"]}>
        <span>Payload</span>
        {choosable ? (
          <SegmentedControl
            size="xs"
            aria-label="How to fill it in"
            data={["Form", "JSON"]}
            value={asJson ? "JSON" : "Form"}
            onChange={(how) => setAsJson(how === "JSON")}
          />
        ) : (
          <Button
            variant="subtle"
            size="compact-xs"
            disabled={problem !== undefined}
            onClick={() => write(value)}
          >
            Tidy
          </Button>
        )}
      </div>
      {choosable && !asJson ? (
        <div className={style["filled"]}>
          <SchemaForm fields={fields} missing={complain ? missing : []} value={value} onChange={write} />
          {fields.length === 0 && <p className="quiet">It takes nothing.</p>}
          <Others fields={fields} value={value} />
          {Object.keys(value).length > 0 && <Preview value={value} />}
        </div>
      ) : (
        <Textarea
          aria-label="Payload"
          className={style["mono"]}
          autosize
          minRows={6}
          maxRows={28}
          spellCheck={false}
          value={payload}
          onChange={({ currentTarget: { value: text } }) => change({ payload: text })}
          error={problem}
        />
      )}
      {choosable && asJson && missing.length > 0 && (
        <Text size="xs" c="var(--jm-warning)">
          Without <bdi>{missing.join(", ").slice(0, 200)}</bdi> its workers will refuse it.
        </Text>
      )}
      {type !== undefined && !type.has_schema && (
        <Text size="xs" c="dimmed">
          No worker has said what belongs in the payload of this type.
        </Text>
      )}
    </div>
  );
}

function Preview({ value }: { value: unknown }) {
  return (
    <section aria-label="The payload as JSON">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, with the keyboard too */}
      <pre className={style["code"]} tabIndex={0}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </section>
  );
}

/** Members that the form has no field for: they are sent all the same. */
function Others({ fields, value }: { fields: readonly Field[]; value: Record<string, unknown> }) {
  const others = Object.keys(value).filter((name) => fields.every((field) => field.name !== name));
  if (others.length === 0) return null;
  return (
    <p className="quiet">
      Not in the form, but in the payload: <bdi>{others.join(", ").slice(0, 200)}</bdi>
    </p>
  );
}
