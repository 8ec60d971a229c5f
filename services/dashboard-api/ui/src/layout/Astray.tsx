/** Where an address leads nowhere, and where a screen fails. */

import { Button } from "@mantine/core";
import { IconBug, IconCompassOff } from "@tabler/icons-react";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { Page } from "~/components/Page";
import { Panel } from "~/components/Panel";
import { Empty } from "~/components/states";

export function NotFound() {
  return (
    <Page title="Nothing here">
      <Panel>
        <Empty
          icon={IconCompassOff}
          title="There is no such page"
          action={
            <Button component={Link} to="/" variant="default" mt={6}>
              To the overview
            </Button>
          }
        >
          The address may have been cut short when it was copied.
        </Empty>
      </Panel>
    </Page>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <Page title="This screen failed">
      <Panel>
        <Empty
          icon={IconBug}
          title="This screen failed; nothing happened to your jobs"
          action={
            <Button
              variant="default"
              mt={6}
              onClick={() => {
                reset();
                void router.invalidate();
              }}
            >
              Show it again
            </Button>
          }
        >
          <span className="mono">{error instanceof Error ? error.message : String(error)}</span>
        </Empty>
      </Panel>
    </Page>
  );
}
