/**
 * Which address shows which screen. A screen's address says all of its state, so it can be sent to somebody.
 *
 * Addresses are behind the `#`: the API has the paths, and any web server can serve the page without knowing its screens.
 * Screens are loaded when they are first shown.
 */

import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  retainSearchParams,
} from "@tanstack/react-router";
import { Broken, NotFound } from "./layout/Astray";
import { Shell } from "./layout/Shell";
import { deadLettersSearch } from "./screens/dead-letters/search";
import { jobsSearch } from "./screens/jobs/search";
import { overviewSearch } from "./screens/overview/search";
import { queuesSearch } from "./screens/queues/search";
import { submitSearch } from "./screens/submit/search";
import { typeSearch } from "./screens/types/search";
import { workersSearch } from "./screens/workers/search";

interface Everywhere {
  /** The moment looked at; without, it is now. */
  as_of?: string;
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: Broken,
  validateSearch: (search: Record<string, unknown>): Everywhere =>
    search["as_of"] ? { as_of: String(search["as_of"]) } : {},
  search: { middlewares: [retainSearchParams(["as_of"])] },
});

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    validateSearch: overviewSearch,
    component: lazyRouteComponent(() => import("./screens/overview/OverviewScreen"), "OverviewScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/jobs",
    validateSearch: jobsSearch,
    component: lazyRouteComponent(() => import("./screens/jobs/JobsScreen"), "JobsScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/jobs/$id",
    component: lazyRouteComponent(() => import("./screens/job/JobScreen"), "JobScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/jobs/$id/graph",
    component: lazyRouteComponent(() => import("./screens/graph/GraphScreen"), "GraphScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/queues",
    validateSearch: queuesSearch,
    component: lazyRouteComponent(() => import("./screens/queues/QueuesScreen"), "QueuesScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/workers",
    validateSearch: workersSearch,
    component: lazyRouteComponent(() => import("./screens/workers/WorkersScreen"), "WorkersScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/types",
    component: lazyRouteComponent(() => import("./screens/types/TypesScreen"), "TypesScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/types/$type",
    validateSearch: typeSearch,
    component: lazyRouteComponent(() => import("./screens/types/TypeScreen"), "TypeScreen"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/dead-letters",
    validateSearch: deadLettersSearch,
    component: lazyRouteComponent(
      () => import("./screens/dead-letters/DeadLettersScreen"),
      "DeadLettersScreen",
    ),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/submit",
    validateSearch: submitSearch,
    component: lazyRouteComponent(() => import("./screens/submit/SubmitScreen"), "SubmitScreen"),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  history: createHashHistory(),
  defaultPreload: "intent",
  defaultErrorComponent: Broken,
  defaultPendingMinMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
