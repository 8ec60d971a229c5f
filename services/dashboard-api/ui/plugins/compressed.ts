import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const WORTH_IT = /^assets\/.*\.(js|css|svg)$/;
const packed = promisify(gzip);

/** Writes a `.gz` beside every script and style, so that no server has to compress them at each request. */
export function compressed(): Plugin {
  return {
    name: "journeyman:compressed",
    apply: "build",
    async writeBundle({ dir = "" }, bundle) {
      const names = Object.keys(bundle).filter((name) => WORTH_IT.test(name));
      await Promise.all(
        names.map(async (name) => {
          const path = join(dir, name);
          const bytes = await packed(await readFile(path), { level: constants.Z_BEST_COMPRESSION });
          await writeFile(`${path}.gz`, bytes);
        }),
      );
    },
  };
}
