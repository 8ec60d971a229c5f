import { ActionIcon, Button, Popover, TextInput, Tooltip } from "@mantine/core";
import { IconCalendarTime } from "@tabler/icons-react";
import { type FormEvent, useState } from "react";
import { useTravel } from "./context";
import style from "./TravelBar.module.css";
import { readMoment, writeMoment } from "./written";

/** A moment to the millisecond, written down. */
export function GoTo() {
  const { at, now, go } = useTravel();
  const [opened, setOpened] = useState(false);
  const [text, setText] = useState("");
  const [wrong, setWrong] = useState(false);
  const open = () => {
    setText(writeMoment(at ?? now()));
    setWrong(false);
    setOpened(!opened);
  };
  const send = (event: FormEvent) => {
    event.preventDefault();
    const moment = readMoment(text, at ?? now(), now());
    setWrong(moment === null);
    if (moment === null) return;
    setOpened(false);
    go(moment);
  };
  return (
    <Popover opened={opened} onChange={setOpened} trapFocus position="bottom-end" shadow="md" width={300}>
      <Popover.Target>
        <Tooltip label="To a time, or an offset" disabled={opened}>
          <ActionIcon aria-label="Go to a moment" onClick={open}>
            <IconCalendarTime size={17} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <form onSubmit={send} className={style["form"]}>
          <TextInput
            data-autofocus
            label="Moment"
            description="A time, 14:03:22.120, how long ago, 5m, or an offset of the log."
            value={text}
            maxLength={120}
            spellCheck={false}
            autoComplete="off"
            error={wrong ? "That is no moment." : undefined}
            onChange={(event) => setText(event.currentTarget.value)}
          />
          <Button type="submit">Show it</Button>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}
