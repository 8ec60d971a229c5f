import { Menu } from "@mantine/core";
import { IconBrandPython, IconLink, IconTerminal, IconTerminal2 } from "@tabler/icons-react";
import { command, type Language } from "~/api/commands";
import { useApi } from "~/api/context";
import type { EventView, JobView } from "~/api/types";
import { tell, tellProblem } from "~/components/messages";
import { submissionOf } from "./like";

/** Puts into the clipboard what submits another job like this one. */
export function CopyItems({ job, history }: { job: JobView; history: readonly EventView[] }) {
  const { config } = useApi();
  const copy = (what: string, text: string) => {
    navigator.clipboard.writeText(text).then(() => tell(`Copied ${what}.`), tellProblem);
  };
  const copyAs = (language: Language, what: string) =>
    copy(what, command(language, { job: submissionOf(job, history) }, config.ingest || location.origin));
  return (
    <>
      <Menu.Label>Copy</Menu.Label>
      <Menu.Item leftSection={<IconTerminal size={14} />} onClick={() => copyAs("curl", "a curl command")}>
        as curl
      </Menu.Item>
      <Menu.Item leftSection={<IconTerminal2 size={14} />} onClick={() => copyAs("cli", "a command")}>
        as command line
      </Menu.Item>
      <Menu.Item leftSection={<IconBrandPython size={14} />} onClick={() => copyAs("python", "Python")}>
        as Python
      </Menu.Item>
      <Menu.Item leftSection={<IconLink size={14} />} onClick={() => copy("the link", location.href)}>
        the link to it
      </Menu.Item>
    </>
  );
}
