import { Button, SegmentedControl, Text, Textarea } from "@mantine/core";
import { useState } from "react";
import type { TypeView } from "~/api/types";
import { type Draft, readJson } from "./draft";
import { SchemaForm } from "./SchemaForm";
import style from "./Submit.module.css";
import { fieldsOf } from "./schema";

interface PayloadFieldProps {
  draft: Draft;
  problem: string | undefined;
  change: (some: Partial<Draft>) => void;
  type: TypeView | undefined;
}

/** The payload: as a form where the type says what belongs in it, and always as JSON. */
export function PayloadField({ draft: { payload }, problem, change, type }: PayloadFieldProps) {
  const [asJson, setAsJson] = useState(false);
  const fields = fieldsOf(schemaOf(type));
  const { value } = readJson(payload);
  const object = typeof value === "object" && value !== null && !Array.isArray(value);
  const form = fields !== null && object && !asJson;
  return (
    <div className={style["payload"]}>
      <div className={style["label"]}>
        <span>Payload</span>
        {fields !== null && object ? (
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
            onClick={() => change({ payload: JSON.stringify(value, null, 2) })}
          >
            Tidy
          </Button>
        )}
      </div>
      {form ? (
        <SchemaForm
          fields={fields}
          value={value as Record<string, unknown>}
          onChange={(next) => change({ payload: JSON.stringify(next, null, 2) })}
        />
      ) : (
        <Textarea
          aria-label="Payload"
          className={style["mono"]}
          autosize
          minRows={8}
          maxRows={28}
          spellCheck={false}
          value={payload}
          onChange={({ currentTarget: { value: text } }) => change({ payload: text })}
          error={problem}
        />
      )}
      {fields === null && type !== undefined && (
        <Text size="xs" c="dimmed">
          No worker has said what belongs in the payload of this type.
        </Text>
      )}
    </div>
  );
}

function schemaOf(type: TypeView | undefined): unknown {
  return type !== undefined && "schema" in type ? type.schema : undefined;
}
