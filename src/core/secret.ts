/** Shorter values are not masked: they stand in every other word. */
export const SHORTEST_SECRET = 4;
