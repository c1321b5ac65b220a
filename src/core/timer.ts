/** The longest that a timer of Node's can wait, in milliseconds: what is longer ends at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;
