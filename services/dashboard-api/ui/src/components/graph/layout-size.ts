/** How large a job is in a graph, in pixels. */

export const WIDTH = 188;
export const HEIGHT = 46;
