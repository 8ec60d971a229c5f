import { ActionIcon, Button, Popover, TextInput } from "@mantine/core";
import { IconBookmarks, IconChevronDown, IconTrash } from "@tabler/icons-react";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { Copy } from "~/components/Copy";
import { BUILT_IN, forget, keep, kept, NAME_MOST, shows, type View } from "~/search/views";
import actions from "./actions.module.css";
import { type JobSort, jobsSearch } from "./search";
import style from "./Views.module.css";

interface ViewsProps {
  q: string;
  sort: JobSort | undefined;
}

/** Searches that have a name: go to one, keep the present one, copy its address, forget it. */
export function Views({ q, sort }: ViewsProps) {
  const [opened, setOpened] = useState(false);
  const [own, setOwn] = useState<View[]>([]);
  const show = (open: boolean) => {
    if (open) setOwn(kept(localStorage));
    setOpened(open);
  };
  const close = () => setOpened(false);
  const current = [...own, ...BUILT_IN].find((view) => shows(view, q, sort));
  return (
    <Popover
      opened={opened}
      onChange={show}
      position="bottom-end"
      shadow="md"
      width={340}
      trapFocus
      withinPortal
    >
      <Popover.Target>
        <Button
          className={actions["button"]}
          variant="default"
          leftSection={<IconBookmarks size={14} />}
          rightSection={<IconChevronDown size={12} />}
          aria-expanded={opened}
          onClick={() => show(!opened)}
        >
          <span className={actions["word"]}>Views</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={style["views"]} aria-label="Views">
        <Keep
          known={current !== undefined}
          onKeep={(name) => setOwn(keep(localStorage, { name, q, ...(sort ? { sort } : {}) }))}
        />
        {own.length > 0 && (
          <>
            <h3 className={style["title"]}>Kept in this browser</h3>
            <ul className={style["list"]} aria-label="Kept in this browser">
              {own.map((view) => (
                <Line key={view.name} view={view} current={view === current} onGo={close}>
                  <ActionIcon
                    size="xs"
                    aria-label={`Forget ${view.name}`}
                    onClick={() => setOwn(forget(localStorage, view.name))}
                  >
                    <IconTrash size={13} />
                  </ActionIcon>
                </Line>
              ))}
            </ul>
          </>
        )}
        <h3 className={style["title"]}>Always there</h3>
        <ul className={style["list"]} aria-label="Always there">
          {BUILT_IN.map((view) => (
            <Line key={view.name} view={view} current={view === current} onGo={close} />
          ))}
        </ul>
      </Popover.Dropdown>
    </Popover>
  );
}

interface LineProps {
  view: View;
  current: boolean;
  onGo: () => void;
  children?: React.ReactNode;
}

function Line({ view, current, onGo, children }: LineProps) {
  const search = jobsSearch({ q: view.q, sort: view.sort });
  return (
    <li>
      <Link
        to="/jobs"
        search={search}
        className={style["view"]}
        aria-current={current ? "page" : undefined}
        onClick={onGo}
      >
        <span className="one-line" dir="auto">
          {view.name}
        </span>
        <span className={style["asks"]}>{view.q || "all jobs"}</span>
      </Link>
      <CopyAddress search={search} name={view.name} />
      {children}
    </li>
  );
}

function CopyAddress({ search, name }: { search: ReturnType<typeof jobsSearch>; name: string }) {
  const router = useRouter();
  const { href } = router.buildLocation({ to: "/jobs", search });
  return (
    <Copy
      value={new URL(router.history.createHref(href), location.href).href}
      what={`the address of ${name}`}
    />
  );
}

function Keep({ known, onKeep }: { known: boolean; onKeep: (name: string) => void }) {
  const [name, setName] = useState("");
  return (
    <form
      className={style["keep"]}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "") return;
        onKeep(name);
        setName("");
      }}
    >
      <TextInput
        size="xs"
        aria-label="Name of the present search"
        placeholder={known ? "Another name for this view" : "Name the present search"}
        maxLength={NAME_MOST}
        value={name}
        onChange={({ currentTarget: { value } }) => setName(value)}
      />
      <Button type="submit" variant="light" disabled={name.trim() === ""}>
        Keep
      </Button>
    </form>
  );
}
