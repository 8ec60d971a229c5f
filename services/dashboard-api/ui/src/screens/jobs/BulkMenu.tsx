import { Button, Indicator, Menu } from "@mantine/core";
import { IconChecklist, IconChevronDown, IconHistory } from "@tabler/icons-react";
import { count, counted } from "~/format";
import actions from "./actions.module.css";
import { ACTIONS } from "./bulk/actions";
import { type Action, WORDS } from "./bulk/orders";
import { underWay, useBulks } from "./bulk/useBulk";

interface BulkMenuProps {
  total: number | undefined;
  exact: boolean;
  act: (action: Action) => void;
  showRecent: () => void;
}

/** What can be done with all jobs that match, without selecting any; and what is being done. */
export function BulkMenu({ total = 0, exact, act, showRecent }: BulkMenuProps) {
  const running = useBulks().data?.items.filter(underWay).length ?? 0;
  return (
    <Indicator disabled={running === 0} processing size={9} offset={3}>
      <Menu shadow="md" position="bottom-end">
        <Menu.Target>
          <Button
            className={actions["button"]}
            variant="default"
            leftSection={<IconChecklist size={14} />}
            rightSection={<IconChevronDown size={12} />}
          >
            <span className={actions["word"]}>Bulk</span>
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            With {exact ? "all" : "all, at least"} {counted(total, "job")} that match
          </Menu.Label>
          {ACTIONS.map(({ action, icon: Sign }) => (
            <Menu.Item
              key={action}
              leftSection={<Sign size={14} />}
              color={action === "cancel" ? "red" : undefined}
              disabled={total === 0 && exact}
              onClick={() => act(action)}
            >
              {WORDS[action].title} …
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconHistory size={14} />} onClick={showRecent}>
            Bulk changes{running > 0 && ` (${count(running)} under way)`}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Indicator>
  );
}
