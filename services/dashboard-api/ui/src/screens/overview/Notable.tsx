import { UnstyledButton } from "@mantine/core";
import { IconMoonStars } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { notable } from "~/api/reads";
import type { NotableView } from "~/api/types";
import { useRead } from "~/api/useRead";
import { Panel } from "~/components/Panel";
import { Empty, Shown } from "~/components/states";
import { Time } from "~/components/Time";
import style from "./Notable.module.css";
import { target, times } from "./notable";

const FEW = 8;
const MANY = 60;

/** What happened of late that somebody may have to look at: each leads to what it is of, its time to that moment. */
export function Notable({ all, onAll }: { all: boolean; onAll: (all: boolean) => void }) {
  // One more than is shown tells whether there are more.
  const answer = useRead(notable(all ? MANY : FEW + 1), { keep: true });
  const there = answer.data?.items.length ?? 0;
  return (
    <Panel
      title="Notable events"
      aside={
        (all || there > FEW) && (
          <UnstyledButton className={style["more"]} aria-expanded={all} onClick={() => onAll(!all)}>
            {all ? "Fewer" : "More"}
          </UnstyledButton>
        )
      }
    >
      <Shown
        of={answer}
        empty={({ items }) => items.length === 0}
        otherwise={
          <Empty icon={IconMoonStars} title="All quiet">
            Lost workers, dead letters, paused queues and the like are told here.
          </Empty>
        }
      >
        {({ items }) => (
          <ol className={style["events"]}>
            {items.slice(0, all ? MANY : FEW).map((one) => (
              <li key={`${one.event} ${one.first_offset}`}>
                <i data-tag={one.event} aria-hidden="true" />
                <Words one={one} />
                <Link
                  to="."
                  search={(former) => ({ ...former, as_of: one.offset })}
                  title="Show the system at this moment"
                >
                  <Time at={one.at} />
                </Link>
              </li>
            ))}
          </ol>
        )}
      </Shown>
    </Panel>
  );
}

function Words({ one }: { one: NotableView }) {
  const place = target(one) ?? { to: "/" as const, search: { as_of: one.offset } };
  const often = times(one);
  return (
    <Link {...place} className={style["words"]} title={one.words}>
      {often && <b>{often} </b>}
      <bdi>{one.words}</bdi>
    </Link>
  );
}
