import { ActionIcon, Tooltip, useMantineColorScheme } from "@mantine/core";
import {
  IconClockPlay,
  IconDeviceDesktop,
  IconKeyboard,
  IconMenu2,
  IconMoon,
  IconSun,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import style from "./Header.module.css";
import { LiveSwitch } from "./LiveSwitch";
import { Mark } from "./Mark";
import { SearchBox } from "./SearchBox";
import { nextScheme } from "./scheme";
import { useTravel } from "./travel/context";

const SCHEMES = {
  auto: { icon: IconDeviceDesktop, name: "as the system" },
  light: { icon: IconSun, name: "light" },
  dark: { icon: IconMoon, name: "dark" },
} as const;

interface HeaderProps {
  onMenu: () => void;
  onHelp: () => void;
}

/** What is always there: the search, the state of the connection, the look. */
export function Header({ onMenu, onHelp }: HeaderProps) {
  return (
    <div className={style["header"]}>
      <ActionIcon size="lg" hiddenFrom="md" aria-label="Menu" onClick={onMenu}>
        <IconMenu2 size={20} />
      </ActionIcon>
      <Link to="/" className={style["brand"]} aria-label="Journeyman: overview">
        <Mark />
        <span className={style["name"]}>Journeyman</span>
      </Link>
      <div className={style["search"]}>
        <SearchBox />
      </div>
      <div className={style["tools"]}>
        <LiveSwitch />
        <TravelButton />
        <Scheme />
        <Tooltip label="Keyboard (?)">
          <ActionIcon size="lg" aria-label="Keyboard shortcuts" onClick={onHelp} visibleFrom="sm">
            <IconKeyboard size={19} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

function TravelButton() {
  const { opened, toggle } = useTravel();
  return (
    <Tooltip label="Time travel (z)">
      <ActionIcon
        size="lg"
        variant={opened ? "light" : "subtle"}
        aria-label="Time travel"
        aria-pressed={opened}
        onClick={toggle}
      >
        <IconClockPlay size={18} />
      </ActionIcon>
    </Tooltip>
  );
}

function Scheme() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon: Sign, name } = SCHEMES[colorScheme];
  return (
    <Tooltip label={`Look: ${name} (t)`}>
      <ActionIcon
        size="lg"
        aria-label={`Look: ${name}. Change`}
        onClick={() => setColorScheme(nextScheme(colorScheme))}
      >
        <Sign size={18} />
      </ActionIcon>
    </Tooltip>
  );
}
