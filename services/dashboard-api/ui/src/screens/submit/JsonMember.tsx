import { Textarea } from "@mantine/core";
import { type ComponentProps, useState } from "react";
import { readJson } from "./draft";
import style from "./Submit.module.css";

interface JsonMemberProps {
  shared: Partial<ComponentProps<typeof Textarea>>;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** What no other field can show. While it is no JSON, the member stays as it was. */
export function JsonMember({ shared, value, onChange }: JsonMemberProps) {
  const [text, setText] = useState<string | null>(null);
  const written = text ?? (value === undefined ? "" : JSON.stringify(value));
  const { problem } = readJson(written);
  return (
    <Textarea
      {...shared}
      placeholder={shared.placeholder || "JSON"}
      className={style["mono"]}
      autosize
      minRows={1}
      maxRows={10}
      value={written}
      error={problem ?? shared.error}
      onChange={({ currentTarget: { value: next } }) => {
        setText(next);
        const { value: read, problem: wrong } = readJson(next);
        if (wrong === undefined) onChange(next.trim() === "" ? undefined : read);
      }}
      onBlur={() => problem === undefined && setText(null)}
    />
  );
}
