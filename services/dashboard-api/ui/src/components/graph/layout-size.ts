/** How large a job is in a graph, in pixels. */

export const WIDTH = 176;
export const HEIGHT = 54;
