import type { Plugin } from "vite";

const API =
  /^\/(jobs|stats|events|workers|queues|types|dead-letter|breakers|scaling|schedules|config|health|metrics|schema|bulk|search|views|snapshots|log)(\/|\?|$)/;

/**
 * Lets `npm run dev` work on a running system (`make run`): reads go to the dashboard, and all under `/ingest` to ingest.
 *
 * `DASHBOARD` and `INGEST` say where they are when not on their usual ports.
 */
export function liveSystem(): Plugin {
  const dashboard = process.env.DASHBOARD ?? "http://127.0.0.1:8001";
  const ingest = process.env.INGEST ?? "http://127.0.0.1:8000";
  return {
    name: "journeyman:live-system",
    apply: "serve",
    config: () => ({
      server: {
        proxy: {
          [API.source]: { target: dashboard },
          "^/ingest/": { target: ingest, rewrite: (path) => path.slice("/ingest".length) },
        },
      },
    }),
    configureServer(server) {
      server.middlewares.use("/config.json", (_request, response) => {
        response.setHeader("Content-Type", "application/json").end('{"ingest": "/ingest"}');
      });
    },
  };
}
