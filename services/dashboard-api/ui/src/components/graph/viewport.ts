/** What of a graph is seen at first: all of it where that can be read, else what is around one's own job. Pure. */

import type { Places } from "./layout";
import { HEIGHT, WIDTH } from "./layout-size";

export interface Box {
  width: number;
  height: number;
}

export interface Seen {
  x: number;
  y: number;
  zoom: number;
  /** Whether there is more than is seen. */
  part: boolean;
}

/** Smaller than so, words cannot be read: jobs are blocks of colour then. */
export const FAR = 0.45;
/** Words are no larger than so at first. */
const NEAREST = 1;
/** How large they are where only a part is seen. */
const READING = 0.72;
/** Of more jobs than that, the pattern of all says more than the words of some. */
const FEW = 60;
const EDGE_PX = 28;
const ZOOM_LEAST = 0.02;

/** here: which place is that of one's own job. few: of more jobs than that, all are seen, however small. */
export function seenFirst(places: Places, here: number, { width, height }: Box, few = FEW): Seen {
  const left = Math.min(...places.map(([x]) => x));
  const top = Math.min(...places.map(([, y]) => y));
  const right = Math.max(...places.map(([x]) => x)) + WIDTH;
  const bottom = Math.max(...places.map(([, y]) => y)) + HEIGHT;
  const whole = Math.min(
    (width - 2 * EDGE_PX) / (right - left),
    (height - 2 * EDGE_PX) / (bottom - top),
    NEAREST,
  );
  const own = places[here];
  if (whole >= FAR || places.length > few || own === undefined) {
    const zoom = Math.max(ZOOM_LEAST, whole);
    return {
      x: (width - (left + right) * zoom) / 2,
      y: (height - (top + bottom) * zoom) / 2,
      zoom,
      part: false,
    };
  }
  return {
    x: around(own[0] + WIDTH / 2, left, right, width),
    y: around(own[1] + HEIGHT / 2, top, bottom, height),
    zoom: READING,
    part: true,
  };
}

/** Returns the shift that has a place in the middle, or as near to it as leaves nothing empty before and behind the graph. */
function around(place: number, from: number, to: number, length: number): number {
  if ((to - from) * READING <= length - 2 * EDGE_PX) return (length - (from + to) * READING) / 2;
  const wanted = length / 2 - place * READING;
  return Math.min(EDGE_PX - from * READING, Math.max(length - EDGE_PX - to * READING, wanted));
}
