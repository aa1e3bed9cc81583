import { square } from '../engine/elementary.ts';
import { invariant } from '../engine/invariant.ts';
import type { PairedDifference } from './paired.ts';
import { studentTCdf, studentTQuantile } from './student-t.ts';

/** What a comparison showed. Lower is better: the values are latencies. */
export type Verdict = 'better' | 'worse' | 'equivalent' | 'undecided';

/** Level of every verdict [-]. */
const ALPHA = 0.05;
/** Chance with which `replicationsNeeded` wants to settle [-]. */
const POWER = 0.8;

/**
 * P of the verdict that the estimate suggests: at most 0.05 exactly when the 95 % interval lies wholly on the estimate's
 * side of the ends of -margin .. margin. Within, that is two one-sided t tests (Schuirmann 1987), each at 2.5 %; beyond,
 * the test that the difference is larger than the margin, not only than 0.
 *
 * 1 without an interval: nothing is shown. When all differences are equal, 0, but on the end itself 1.
 * @param margin - largest difference that does not matter, 0 or more, in the unit of the difference
 */
export function verdictP(difference: PairedDifference, margin: number): number {
  invariant(margin >= 0, 'an equivalence margin is not negative');
  const { estimate, lo, hi, dof } = difference;
  if (Number.isNaN(lo) || Number.isNaN(hi) || !(dof >= 1)) return 1;
  const t = -studentTQuantile(0.025, dof);
  const beyond = roomsOf(difference, margin).map(([room, arm]) => {
    if (arm === 0) return room > 0 || margin === 0 ? 0 : 1;
    return Math.min(1, 2 * studentTCdf((-room * t) / arm, dof));
  });
  return Number.isNaN(estimate) ? 1 : Math.max(...beyond);
}

/**
 * What must be excluded: how far it is from the estimate, and how far the interval reaches there. Within the margin these
 * are both ends of it, beyond it the nearer one.
 */
function roomsOf(
  { estimate, lo, hi }: PairedDifference,
  margin: number,
): (readonly [room: number, arm: number])[] {
  const [below, above] = [estimate - lo, hi - estimate];
  if (estimate > margin) return [[estimate - margin, below]];
  if (estimate < -margin) return [[-margin - estimate, above]];
  return [
    [margin - estimate, above],
    [margin + estimate, below],
  ];
}

/**
 * The verdict on `difference` (candidate minus baseline): equivalent within the margin, else better or worse, if
 * `p` is at most 5 %; else undecided.
 * @param p - from `verdictP`; in a family of comparisons adjusted by `holm`
 */
export function verdict(
  { estimate }: Pick<PairedDifference, 'estimate'>,
  margin: number,
  p: number,
): Verdict {
  if (!(p <= ALPHA)) return 'undecided';
  if (Math.abs(estimate) <= margin) return 'equivalent';
  return estimate < 0 ? 'better' : 'worse';
}

/**
 * About how many more replications would settle an undecided comparison.
 *
 * An approximation: it takes the estimate and the spread seen so far as true, asks for a chance of
 * at least 80 %, and knows nothing of Holm. NaN without an interval, Infinity when no number
 * would do (the estimate is on the margin), 0 when there are enough already.
 */
export function replicationsNeeded(difference: PairedDifference, margin: number): number {
  invariant(margin >= 0, 'an equivalence margin is not negative');
  const { lo, n, dof } = difference;
  if (Number.isNaN(lo) || !(dof >= 1)) return Number.NaN;
  const t = -studentTQuantile(0.025, dof);
  const rooms = roomsOf(difference, margin);
  // Within the margin both tests must reject: each may fail with half the chance that is left.
  const power = rooms.length > 1 ? (1 + POWER) / 2 : POWER;
  const totals = rooms.map(([room, arm]) =>
    sampleSize(room / ((arm / t) * Math.sqrt(n)), 1 - ALPHA / 2, power),
  );
  return Math.max(0, Math.max(...totals) - n);
}

/**
 * The least n >= 2 with effect * sqrt(n) >= t(level) + t(power), t with n - 1 degrees of freedom.
 */
function sampleSize(effect: number, level: number, power: number): number {
  if (!(effect > 0)) return Number.POSITIVE_INFINITY;
  const quantiles = (dof: number) => studentTQuantile(level, dof) + studentTQuantile(power, dof);
  // The normal law needs the fewest; Student's t a few more, so counting up is short, and beyond a
  // million none.
  let n = Math.max(2, Math.ceil(square(quantiles(Number.POSITIVE_INFINITY) / effect)));
  while (n < 1e6 && effect * Math.sqrt(n) < quantiles(n - 1)) n++;
  return n;
}
