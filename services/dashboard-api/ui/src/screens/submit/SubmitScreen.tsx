import { Button, Group } from "@mantine/core";
import { getHotkeyHandler } from "@mantine/hooks";
import { IconBolt, IconSend } from "@tabler/icons-react";
import { useSearch } from "@tanstack/react-router";
import { useMemo, useRef, useState } from "react";
import { useMoment } from "~/api/context";
import { schemaOf, types } from "~/api/reads";
import type { Submitted, TypeView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { useWrite } from "~/api/useWrite";
import { submitJobOnce } from "~/api/writes";
import { wordsOf } from "~/components/messages";
import { OnlyNow } from "~/components/OnlyNow";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { type Field, fieldsOf } from "~/schema/fields";
import { isObject, missingOf } from "~/schema/values";
import { Accepted } from "./Accepted";
import { CopyAs } from "./CopyAs";
import { type Draft, EMPTY, read, readJson } from "./draft";
import { JobFields } from "./JobFields";
import { newKey } from "./keys";
import { Notice } from "./Notice";
import { PayloadField } from "./PayloadField";
import { SimulateLoad } from "./SimulateLoad";
import style from "./Submit.module.css";
import { SubmittedPanel } from "./SubmittedPanel";
import { TemplatesPanel } from "./TemplatesPanel";

const SHOWN_MOST = 6;
/** What a person has to look at first where the form cannot be sent. */
const WRONG = "[aria-invalid=true], fieldset[data-missing] :is(input, button)";

/** Submits a job: everything that can be said of one, and how to say it elsewhere. */
export function SubmitScreen() {
  const search = useSearch({ from: "/submit" });
  const [draft, setDraft] = useState<Draft>({ ...EMPTY, ...search });
  const [tried, setTried] = useState(false);
  const [submitted, setSubmitted] = useState<readonly Submitted[]>([]);
  const [loading, setLoading] = useState(false);
  const known = useRead(types());
  const inPast = useMoment() !== undefined;
  const submit = useWrite({ write: submitJobOnce, done: ({ type }) => `${type} is submitted` });
  const type = known.data?.items.find((one) => one.type === draft.type);
  const fields = useFields(type);
  const [jsonOf, setJsonOf] = useState<string | null>(null);
  const asJson = jsonOf === draft.type;
  const missing = useMemo(() => missingIn(fields, draft.payload), [fields, draft.payload]);
  const { job, problems } = read(draft, type);
  const ready = job !== null && (asJson || missing.length === 0);
  const form = useRef<HTMLFormElement>(null);
  const [sent, setSent] = useState<Draft | null>(null);
  const key = useKey(draft, submitted.length);
  const change = (some: Partial<Draft>) => setDraft((before) => ({ ...before, ...some }));
  const told = tried ? problems : onlyFilled(draft, problems);

  const send = () => {
    setTried(true);
    if (job === null || !ready) {
      requestAnimationFrame(() => form.current?.querySelector<HTMLElement>(WRONG)?.focus());
      return;
    }
    submit.mutate(
      { job, key },
      {
        onSuccess: (answer) => {
          setTried(false);
          setSent(draft);
          setSubmitted((before) => [answer, ...before].slice(0, SHOWN_MOST));
        },
      },
    );
  };

  return (
    <Page
      title="Submit"
      actions={
        <OnlyNow>
          <Button variant="default" leftSection={<IconBolt size={14} />} onClick={() => setLoading(true)}>
            Simulate load
          </Button>
        </OnlyNow>
      }
    >
      <div className={style["columns"]}>
        <Panel>
          <form
            ref={form}
            className={style["form"]}
            onKeyDown={getHotkeyHandler([["mod+Enter", send]])}
            onSubmit={(event) => {
              event.preventDefault();
              send();
            }}
          >
            <JobFields draft={draft} problems={told} change={change} types={known.data?.items ?? []} />
            <PayloadField
              key={draft.type}
              draft={draft}
              problem={told.payload}
              change={change}
              type={type}
              fields={fields}
              missing={missing}
              complain={tried}
              asJson={asJson}
              setAsJson={(wanted) => setJsonOf(wanted ? draft.type : null)}
            />
            {submit.isError && <Refused error={submit.error} />}
            {inPast && (
              <Notice kind="warning" title="Nothing can be submitted to the past">
                The types are those of then. Go back to now to submit a job.
              </Notice>
            )}
            {sent === draft && submitted[0] && <Accepted key={submitted[0].id} submitted={submitted[0]} />}
            <Group justify="space-between">
              <Button
                variant="default"
                onClick={() => {
                  setDraft(EMPTY);
                  setTried(false);
                }}
              >
                Empty the form
              </Button>
              <OnlyNow>
                <Button
                  type="submit"
                  size="sm"
                  leftSection={<IconSend size={15} />}
                  loading={submit.isPending}
                  disabled={tried && !ready}
                >
                  {sent === draft ? "Submit another" : "Submit"}
                </Button>
              </OnlyNow>
            </Group>
          </form>
        </Panel>
        <div className={style["side"]}>
          <SubmittedPanel submitted={submitted} />
          <TemplatesPanel draft={draft} types={known.data?.items ?? []} use={setDraft} />
          <CopyAs job={job} keyOfOwn={draft.key} draft={draft} />
        </div>
      </div>
      <SimulateLoad
        opened={loading}
        onClose={() => setLoading(false)}
        types={known.data?.items ?? []}
        begin={draft}
      />
    </Page>
  );
}

/** The members of the payload that its type asks for and that nobody gave. */
function missingIn(fields: readonly Field[] | null, payload: string): string[] {
  const { value } = readJson(payload);
  return fields !== null && isObject(value) ? missingOf(fields, value) : [];
}

/** The fields of a type's payload; null where no worker told them. They change only when workers come. */
function useFields(type: TypeView | undefined): Field[] | null {
  const { data } = useRead(schemaOf(type?.type ?? ""), { enabled: type?.has_schema ?? false });
  const schema = type?.has_schema && data?.type === type.type ? data.schema : null;
  return useMemo(() => fieldsOf(schema), [schema]);
}

/** The key of the form as it is: sent twice, it is one job; changed or accepted, the next is another. */
function useKey(draft: Draft, accepted: number): string {
  const made = useRef({ of: "", key: "" });
  const of = JSON.stringify([draft, accepted]);
  if (made.current.of !== of) made.current = { of, key: newKey() };
  return draft.key || made.current.key;
}

/** Before the first try, only what was filled in wrongly is complained of. */
function onlyFilled(draft: Draft, problems: ReturnType<typeof read>["problems"]) {
  return draft.type ? problems : { ...problems, type: undefined };
}

function Refused({ error }: { error: unknown }) {
  const { title, detail } = wordsOf(error);
  return (
    <Notice kind="refused" title={title}>
      {detail}
    </Notice>
  );
}
