import { Menu } from "@mantine/core";
import { IconBrandPython, IconLink, IconTerminal, IconTerminal2 } from "@tabler/icons-react";
import { useApi } from "~/api/context";
import type { EventView, JobView } from "~/api/types";
import { tell, tellProblem } from "~/components/messages";
import { commandLine, curl, python, submissionOf } from "./commands";

/** Puts into the clipboard what submits another job like this one. */
export function CopyItems({ job, history }: { job: JobView; history: readonly EventView[] }) {
  const { config } = useApi();
  const copy = (what: string, text: string) => {
    navigator.clipboard.writeText(text).then(() => tell(`Copied ${what}.`), tellProblem);
  };
  const like = () => submissionOf(job, history);
  return (
    <>
      <Menu.Label>Copy</Menu.Label>
      <Menu.Item
        leftSection={<IconTerminal size={14} />}
        onClick={() => copy("a curl command", curl(config.ingest, like()))}
      >
        as curl
      </Menu.Item>
      <Menu.Item
        leftSection={<IconTerminal2 size={14} />}
        onClick={() => copy("a command", commandLine(like()))}
      >
        as command line
      </Menu.Item>
      <Menu.Item
        leftSection={<IconBrandPython size={14} />}
        onClick={() => copy("Python", python(config.ingest, like()))}
      >
        as Python
      </Menu.Item>
      <Menu.Item leftSection={<IconLink size={14} />} onClick={() => copy("the link", location.href)}>
        the link to it
      </Menu.Item>
    </>
  );
}
