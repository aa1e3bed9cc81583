/** A point in simulated time: whole nanoseconds since boot [ns]. Exact up to 2^53 ns (104 days). */
export type Time = number & { readonly brand?: 'Time' };

/** A length of simulated time: whole nanoseconds [ns], never negative. */
export type Duration = number & { readonly brand?: 'Duration' };

/** "Not due": later than every point in time, longer than every duration. */
export const NEVER: number = Number.POSITIVE_INFINITY;

/** Nanoseconds per microsecond. */
export const US: Duration = 1_000;
/** Nanoseconds per millisecond. */
export const MS: Duration = 1_000_000;
/** Nanoseconds per second. */
export const SECOND: Duration = 1_000_000_000;
