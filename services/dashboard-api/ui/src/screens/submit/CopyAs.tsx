import { SegmentedControl } from "@mantine/core";
import { IconTerminal2 } from "@tabler/icons-react";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { command, type Language } from "~/api/commands";
import { useApi } from "~/api/context";
import type { Submission } from "~/api/writes";
import { Copy } from "~/components/Copy";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import type { Draft } from "./draft";
import style from "./Submit.module.css";

type How = Language | "link";

const HOWS: { value: How; label: string }[] = [
  { value: "curl", label: "curl" },
  { value: "cli", label: "CLI" },
  { value: "python", label: "Python" },
  { value: "link", label: "Link" },
];

interface CopyAsProps {
  job: Submission | null;
  keyOfOwn: string;
  draft: Draft;
}

/** What the form says, to be said elsewhere: in a shell, in Python, or as a link to this form. */
export function CopyAs({ job, keyOfOwn, draft }: CopyAsProps) {
  const { config } = useApi();
  const link = useLink(draft);
  const [how, setHow] = useState<How>("curl");
  const order = job && { job, ...(keyOfOwn ? { key: keyOfOwn } : {}) };
  const text = how === "link" ? link : order && command(how, order, config.ingest || location.origin);
  return (
    <Panel
      title="Elsewhere"
      aside={
        <>
          <SegmentedControl
            size="xs"
            aria-label="As what"
            data={HOWS}
            value={how}
            onChange={(value) => setHow(value as How)}
          />
          {text && <Copy value={text} what="it" />}
        </>
      }
    >
      {text ? (
        <section
          className={style["code"]}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard
          tabIndex={0}
          aria-label="The command"
        >
          {text}
        </section>
      ) : (
        <Empty icon={IconTerminal2} title="Nothing to say yet">
          Fill in the form, and the command for it stands here.
        </Empty>
      )}
    </Panel>
  );
}

function useLink({ type, queue, priority, payload }: Draft): string {
  const router = useRouter();
  const search = Object.fromEntries(
    Object.entries({ type, queue, priority, payload }).filter(([, value]) => value !== ""),
  );
  const { href } = router.buildLocation({ to: "/submit", search });
  return `${location.origin}${router.history.createHref(href)}`;
}
