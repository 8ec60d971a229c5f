/** The screens as the navigation, the keyboard and the help know them. */

import {
  type Icon,
  IconActivity,
  IconCategory2,
  IconLayoutDashboard,
  IconListDetails,
  IconMailOff,
  IconSend,
  IconServer2,
  IconStack2,
} from "@tabler/icons-react";

export interface Place {
  to: "/" | "/jobs" | "/queues" | "/workers" | "/types" | "/dead-letters" | "/submit";
  name: string;
  icon: Icon;
  /** Follows `g`. */
  key: string;
}

export const PLACES: readonly Place[] = [
  { to: "/", name: "Overview", icon: IconLayoutDashboard, key: "o" },
  { to: "/jobs", name: "Jobs", icon: IconListDetails, key: "j" },
  { to: "/queues", name: "Queues", icon: IconStack2, key: "q" },
  { to: "/workers", name: "Workers", icon: IconServer2, key: "w" },
  { to: "/types", name: "Types", icon: IconCategory2, key: "t" },
  { to: "/dead-letters", name: "Dead letters", icon: IconMailOff, key: "d" },
  { to: "/submit", name: "Submit", icon: IconSend, key: "s" },
];

export const LIVE_ICON = IconActivity;
