/** Lays graphs out beside the page, so that the page goes on while a thousand jobs find their places. */

import { type LayoutAsk, placesOf } from "./layout";

self.onmessage = ({ data }: MessageEvent<LayoutAsk>) => {
  self.postMessage(placesOf(data));
};
