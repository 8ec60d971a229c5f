import { Kbd, Modal } from "@mantine/core";
import { QUALIFIERS } from "~/search/qualifiers";
import style from "./Help.module.css";
import { SHORTCUTS } from "./shortcuts";

/** Every key, and everything that can be asked for in the search box. */
export function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keyboard and search" size="xl">
      <div className={style["keys"]}>
        {SHORTCUTS.map(({ where, shortcuts }) => (
          <section key={where}>
            <h3 className={style["title"]}>{where}</h3>
            <dl className={style["list"]}>
              {shortcuts.map(({ keys, does }) => (
                <div key={keys} className={style["line"]}>
                  <dt>{does}</dt>
                  <dd>
                    {keys.split(" ").map((key) => (
                      <Kbd key={key} size="xs">
                        {key}
                      </Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <h3 className={style["title"]}>In the search box</h3>
      <dl className={style["words"]}>
        {QUALIFIERS.map(({ name, about, example }) => (
          <div key={name}>
            <dt className="mono">{example}</dt>
            <dd>{about}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}
