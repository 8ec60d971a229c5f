import { useCallback, useState } from "react";

/**
 * Which of many a dialog asks about, and whether it is open: the name stays while it closes, so that its words do.
 *
 * For dialogs that a row opens: rows of a list come and go as it changes, and a dialog in one would go with it.
 */
export function useAsked() {
  const [asked, setAsked] = useState<{ name?: string; opened: boolean }>({ opened: false });
  const ask = useCallback((name: string) => setAsked({ name, opened: true }), []);
  const close = useCallback(() => setAsked((former) => ({ ...former, opened: false })), []);
  return { ...asked, ask, close };
}
