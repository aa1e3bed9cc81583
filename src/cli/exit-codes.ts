import { complain } from './say.ts';

/** Everything was done. */
export const DONE = 0;
/** A replication failed or was not done, or a comparison differs. */
export const FAILED = 1;
/** Wrong input; nothing was written. */
export const WRONG_INPUT = 2;
/** Interrupted; what was finished is kept. */
export const INTERRUPTED = 130;

/** Says what is wrong with the input. @returns the exit code */
export function refuse(message: string): number {
  complain(message);
  return WRONG_INPUT;
}
