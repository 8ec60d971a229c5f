/** The keyboard: sequences of keys and what they do, silent while somebody types or a dialog is open. */

import { useEffect, useRef } from "react";
import { tinykeys } from "tinykeys";

export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

function elsewhere(event: KeyboardEvent): boolean {
  const target = event.target instanceof HTMLElement ? event.target : null;
  if (
    target?.closest("input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]")
  ) {
    return !(target instanceof HTMLInputElement && target.type === "checkbox");
  }
  return event.defaultPrevented || document.querySelector("[role=dialog][data-modal-content]") !== null;
}

/**
 * Listens to keys while the component is there: `{"g o": …, "Shift+?": …}`. One that acts takes the key away from the browser.
 * What a screen adds belongs into layout/shortcuts.ts too, for the help.
 */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  const names = Object.keys(keys).join("\n");
  useEffect(() => {
    const bindings = names.split("\n").map((name) => [
      name,
      (event: KeyboardEvent) => {
        if (elsewhere(event)) return;
        // Whatever is open may be let go of by the same key.
        if (name !== "Escape") event.preventDefault();
        latest.current[name]?.(event);
      },
    ]);
    return tinykeys(window, Object.fromEntries(bindings));
  }, [names]);
}
