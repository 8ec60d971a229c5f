/** Short messages in the corner: what was done, and what was refused. */

import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { ProblemError } from "~/api/http";

/** Says that something was done. */
export function tell(message: string): void {
  notifications.show({ message, icon: <IconCheck size={16} />, color: "teal", autoClose: 4_000 });
}

/** Says what was refused or failed, in the server's words. */
export function tellProblem(error: unknown): void {
  const { title, detail } = wordsOf(error);
  notifications.show({
    title,
    message: detail,
    icon: <IconAlertTriangle size={16} />,
    color: "red",
    autoClose: 10_000,
  });
}

export function wordsOf(error: unknown): { title: string; detail: string } {
  if (!(error instanceof ProblemError)) return { title: "Something went wrong", detail: String(error) };
  const faults = error.errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
  return { title: error.title, detail: faults || error.detail };
}
