/** The frame around every screen: header, navigation, what is said across the top. */

import { AppShell, Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Outlet, useSearch } from "@tanstack/react-router";
import { MomentContext } from "~/api/context";
import { LiveProvider } from "~/live/LiveProvider";
import { Banner } from "./Banner";
import { Header } from "./Header";
import { Help } from "./Help";
import { Navigation } from "./Navigation";
import style from "./Shell.module.css";
import { useShellKeys } from "./useShellKeys";

export const NAVIGATION_FROM = "md";

export function Shell() {
  const { as_of: moment } = useSearch({ from: "__root__" });
  return (
    <MomentContext value={moment}>
      <LiveProvider>
        <Frame />
      </LiveProvider>
    </MomentContext>
  );
}

function Frame() {
  const [menu, { open, close }] = useDisclosure(false);
  const [help, { toggle: toggleHelp, close: closeHelp }] = useDisclosure(false);
  useShellKeys(toggleHelp);
  return (
    <AppShell
      header={{ height: { base: 100, sm: 56 } }}
      navbar={{ width: 204, breakpoint: NAVIGATION_FROM, collapsed: { mobile: true } }}
      classNames={{ header: style["header"], navbar: style["navbar"], main: style["main"] }}
    >
      <AppShell.Header>
        <Header onMenu={open} onHelp={toggleHelp} />
      </AppShell.Header>
      <AppShell.Navbar>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <Banner />
        <Outlet />
      </AppShell.Main>
      <Drawer opened={menu} onClose={close} size={250} title="Journeyman" hiddenFrom={NAVIGATION_FROM}>
        <Navigation onGo={close} />
      </Drawer>
      <Help opened={help} onClose={closeHelp} />
    </AppShell>
  );
}
