/** The search box, by its id, so that a key can jump into it from anywhere. */

export const SEARCH_ID = "search";

export function focusSearch(): void {
  const box = document.getElementById(SEARCH_ID);
  if (box instanceof HTMLInputElement) {
    box.focus();
    box.select();
  }
}
