import { type Duration, US } from '../engine/time.ts';

const RATELIMIT_MIN = 100 * US;
const RATELIMIT_MAX = 500_000 * US;

/** Xen accepts this rate limit [ns] at run time. */
export function isValidRatelimit(ratelimit: Duration): boolean {
  return ratelimit === 0 || (ratelimit >= RATELIMIT_MIN && ratelimit <= RATELIMIT_MAX);
}
