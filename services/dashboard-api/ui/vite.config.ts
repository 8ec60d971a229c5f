import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { budget } from "./plugins/budget.ts";
import { compressed } from "./plugins/compressed.ts";
import { liveSystem } from "./plugins/live-system.ts";

/** Where the wheel takes it from, and `journeyman-dashboard` serves it from. */
const OUT = "../src/journeyman_dashboard/ui_dist";
const FIRST_LOAD_KIB = 350;

export default defineConfig({
  base: "./",
  html: { cspNonce: "CSP_NONCE" },
  plugins: [react(), liveSystem(), budget(FIRST_LOAD_KIB), compressed()],
  resolve: { tsconfigPaths: true },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: "es2023",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    // The policy allows no `data:`: every icon and font is a file of its own.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // Measured by what it weighs on the wire: see the budget.
    chunkSizeWarningLimit: 1_500,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What is big and seldom shown first stays with the screens that load it.
            { name: "charts", test: /node_modules\/uplot\// },
            { name: "graphs", test: /node_modules\/(@xyflow|@dagrejs|d3-)/ },
            { name: "libraries", test: /node_modules\// },
            {
              name: "frame",
              test: /\/src\/(api|components|format|layout|live|search)\/(?!span\/|chart\/Plot|graph\/)/,
            },
          ],
        },
      },
    },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
