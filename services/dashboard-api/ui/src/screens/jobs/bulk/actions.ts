/** What can be done with many jobs, as buttons and menus show it. */

import { type Icon, IconArrowsSort, IconBan, IconRefresh } from "@tabler/icons-react";
import type { Action } from "./orders";

export const ACTIONS: readonly { action: Action; name: string; icon: Icon }[] = [
  { action: "retry", name: "Retry", icon: IconRefresh },
  { action: "reprioritise", name: "Priority", icon: IconArrowsSort },
  { action: "cancel", name: "Cancel", icon: IconBan },
];
