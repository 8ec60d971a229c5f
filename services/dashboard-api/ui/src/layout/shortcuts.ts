/** Every key there is, for the help. What a screen listens to stands here too. */

import { PLACES } from "./places";

export interface Shortcut {
  keys: string;
  does: string;
}

export const SHORTCUTS: readonly { where: string; shortcuts: readonly Shortcut[] }[] = [
  { where: "Go to", shortcuts: PLACES.map(({ key, name }) => ({ keys: `g ${key}`, does: name })) },
  {
    where: "Everywhere",
    shortcuts: [
      { keys: "/", does: "Search jobs" },
      { keys: "r", does: "Read everything anew" },
      { keys: "p", does: "Pause, or go on live" },
      { keys: "t", does: "Change the look" },
      { keys: "?", does: "This help" },
    ],
  },
  {
    where: "Time travel",
    shortcuts: [
      { keys: "z", does: "Look back, and back to now" },
      { keys: ",", does: "To the event before" },
      { keys: ".", does: "To the event after" },
      { keys: "p", does: "Play, or stop" },
      { keys: "Esc", does: "Back to now" },
    ],
  },
  { where: "Submit", shortcuts: [{ keys: "Ctrl Enter", does: "Submit the job" }] },
  {
    where: "Lists",
    shortcuts: [
      { keys: "j", does: "Next row" },
      { keys: "k", does: "Row before" },
      { keys: "Enter", does: "Open it" },
      { keys: "x", does: "Select it" },
      { keys: "Esc", does: "Let go of rows and selection" },
    ],
  },
  {
    where: "A job",
    shortcuts: [
      { keys: "c", does: "Cancel it" },
      { keys: "y", does: "Retry it" },
      { keys: "e", does: "Again, with another payload" },
      { keys: "v", does: "Its graph, and back" },
    ],
  },
];
