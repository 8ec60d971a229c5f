import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Fails the build where the JavaScript that `/` loads before it can show anything is more than it may be. */
export function budget(kib: number): Plugin {
  return {
    name: "journeyman:budget",
    apply: "build",
    generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((file) => file.type === "chunk" && file.isEntry);
      if (entry === undefined) this.error("the build has no entry");
      const files = withImports(entry.fileName, bundle);
      const bytes = files.reduce((sum, chunk) => sum + gzipSync(chunk.code).length, 0);
      const size = `${(bytes / 1024).toFixed(1)} KiB gzipped in ${files.length} files`;
      if (bytes > kib * 1024) this.error(`the first load is ${size}; it may be ${kib} KiB`);
      this.info(`first load: ${size} of ${kib} KiB`);
    },
  };
}

/** Returns a chunk and all that it imports statically, directly or not. */
function withImports(name: string, bundle: Rolldown.OutputBundle): Rolldown.OutputChunk[] {
  const found = new Map<string, Rolldown.OutputChunk>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const file = bundle[next];
    if (file?.type !== "chunk" || found.has(next)) continue;
    found.set(next, file);
    open.push(...file.imports);
  }
  return [...found.values()];
}
