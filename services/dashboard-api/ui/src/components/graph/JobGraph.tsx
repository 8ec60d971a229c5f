/** A graph of jobs. The library that draws it is loaded when the first is shown. */

import { lazy, Suspense } from "react";
import type { Graph } from "~/api/types";
import { Loading } from "~/components/states";

export interface JobGraphProps {
  graph: Graph;
  /** The job that is looked at. */
  here: string;
  /** Part of a screen: without a map, and the wheel scrolls the page. */
  small?: boolean;
}

const Canvas = lazy(() => import("./Canvas").then(({ Canvas }) => ({ default: Canvas })));

export function JobGraph(props: JobGraphProps) {
  return (
    <Suspense fallback={<Loading />}>
      <Canvas {...props} />
    </Suspense>
  );
}
