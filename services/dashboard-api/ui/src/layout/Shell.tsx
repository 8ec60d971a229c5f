/** The frame around every screen: header, navigation, what is said across the top. */

import { AppShell, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useSearch } from "@tanstack/react-router";
import { MomentContext, useMoment } from "~/api/context";
import { useWallClock } from "~/components/clock";
import { LiveProvider } from "~/live/LiveProvider";
import { Banner } from "./Banner";
import { Header } from "./Header";
import { Help } from "./Help";
import { Navigation } from "./Navigation";
import style from "./Shell.module.css";
import { useTravel } from "./travel/context";
import { NoSuchMoment, type Refusal } from "./travel/NoSuchMoment";
import { TravelBar } from "./travel/TravelBar";
import { TravelProvider } from "./travel/TravelProvider";
import { useForgotten, wrongOf } from "./travel/useRefusal";
import { useShellKeys } from "./useShellKeys";

export const NAVIGATION_FROM = "md";

/** Heights of the header, and of the bar below it: on a phone, and from `sm` on. */
const HEADER = { base: 100, sm: 56 };
const BAR = { base: 156, sm: 92 };

export function Shell() {
  const { as_of: moment } = useSearch({ from: "__root__" });
  const wrong = wrongOf(moment, useWallClock(60));
  return (
    <MomentContext value={wrong ? undefined : moment}>
      <LiveProvider>
        <TravelProvider>
          <Frame wrong={wrong} />
        </TravelProvider>
      </LiveProvider>
    </MomentContext>
  );
}

/** `wrong`: why the moment in the address cannot be shown. */
function Frame({ wrong }: { wrong: Refusal | undefined }) {
  const [menu, { open, close }] = useDisclosure(false);
  const [help, { toggle: toggleHelp, close: closeHelp }] = useDisclosure(false);
  const { opened } = useTravel();
  const past = useMoment() !== undefined;
  const forgotten = useForgotten();
  const refusal = wrong ?? forgotten;
  useShellKeys(toggleHelp);
  return (
    <AppShell
      header={{
        height: opened ? { base: HEADER.base + BAR.base, sm: HEADER.sm + BAR.sm } : HEADER,
      }}
      navbar={{ width: 204, breakpoint: NAVIGATION_FROM, collapsed: { mobile: true } }}
      classNames={{ header: style["header"], navbar: style["navbar"], main: style["main"] }}
    >
      <AppShell.Header>
        <div className={style["top"]}>
          <Header onMenu={open} onHelp={toggleHelp} />
        </div>
        {opened && <TravelBar />}
      </AppShell.Header>
      <AppShell.Navbar>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <Banner />
        {refusal ? <NoSuchMoment why={refusal} /> : <Outlet />}
      </AppShell.Main>
      <Drawer opened={menu} onClose={close} size={250} title="Journeyman" hiddenFrom={NAVIGATION_FROM}>
        <Navigation onGo={close} />
      </Drawer>
      <Help opened={help} onClose={closeHelp} />
      {past && <div className={style["frame"]} />}
    </AppShell>
  );
}
