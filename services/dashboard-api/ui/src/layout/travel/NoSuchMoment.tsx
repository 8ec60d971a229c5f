import { Button, Group } from "@mantine/core";
import { IconClockX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useApi } from "~/api/context";
import { moments } from "~/api/reads";
import { readOptions } from "~/api/useRead";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";
import { exact, ms } from "~/format";
import { useTravel } from "./context";

/** Why a moment cannot be shown. */
export type Refusal = "malformed" | "ahead" | "forgotten";

const TITLES: Readonly<Record<Refusal, string>> = {
  malformed: "This address names no moment",
  ahead: "That moment has not come yet",
  forgotten: "That moment is forgotten",
};

/** In place of a screen: the address says a moment at which nothing can be shown. */
export function NoSuchMoment({ why }: { why: Refusal }) {
  const { go, leave } = useTravel();
  const { data } = useQuery(readOptions(useApi(), moments(), undefined));
  const earliest = data?.earliest;
  return (
    <Page title="No such moment">
      <Panel>
        <Empty
          icon={IconClockX}
          title={TITLES[why]}
          action={
            <Group gap="xs" mt={6} justify="center">
              {earliest && (
                <Button variant="default" onClick={() => go(earliest.offset)}>
                  To the earliest there is
                </Button>
              )}
              <Button onClick={leave}>Back to now</Button>
            </Group>
          }
        >
          {WORDS[why]}
          {earliest && ` The earliest that can be shown is ${exact(ms(earliest.at))}.`}
        </Empty>
      </Panel>
    </Page>
  );
}

const WORDS: Readonly<Record<Refusal, string>> = {
  malformed: "It may have been cut short when it was copied.",
  ahead: "Only what has happened can be looked at.",
  forgotten: "Jobs that ended before it are not kept any more, so nothing true could be said of it.",
};
