import style from "./SchemaForm.module.css";

/** What stands around a value: its name, or its place in a list. */
export interface About {
  label: string;
  hidden?: boolean;
  description?: string;
  withAsterisk?: boolean;
  placeholder?: string;
  otherwise?: unknown;
  /** It must be given and is not, and that is to be said. */
  missing?: boolean;
}

const MISSING = "It must be given";

/** The name of a group of fields, and what it is about. */
export function Legend({ about }: { about: About }) {
  return (
    <legend className={style["legend"]}>
      {about.label}
      {about.withAsterisk && <span aria-hidden="true"> *</span>}
      {about.description && <span className={style["about"]}>{about.description}</span>}
      {about.missing && <em>{MISSING}</em>}
    </legend>
  );
}

/** What Mantine's inputs have in common. */
export function around(about: About) {
  return {
    ...(about.hidden ? { "aria-label": about.label } : { label: about.label }),
    ...(about.description ? { description: about.description } : {}),
    withAsterisk: about.withAsterisk ?? false,
    placeholder: about.placeholder ?? "",
    error: about.missing ? MISSING : undefined,
    inputWrapperOrder: ["label", "input", "description", "error"] as (
      | "label"
      | "input"
      | "description"
      | "error"
    )[],
  };
}
