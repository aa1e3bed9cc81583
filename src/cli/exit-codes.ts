/** Everything was done. */
export const DONE = 0;
/** A replication failed, or a comparison differs. */
export const FAILED = 1;
/** Wrong input; nothing was written. */
export const WRONG_INPUT = 2;
