import { invariant } from '../engine/invariant.ts';
import type { PairedDifference } from './paired.ts';
import { studentTCdf, studentTQuantile } from './student-t.ts';

/** What a comparison with the baseline showed. Lower is better: the values are latencies. */
export type Verdict = 'better' | 'worse' | 'equivalent' | 'inconclusive';

/** Level of every test [-]. */
const ALPHA = 0.05;
/** Chance with which `replicationsNeeded` wants to settle [-]. */
const POWER = 0.8;

/**
 * P of "the true mean difference is outside -margin .. margin": two one-sided t tests, the larger P
 * (Schuirmann 1987). At most 0.05 exactly when the 90 % interval lies within the margin.
 *
 * 1 when the standard error is NaN: nothing is shown. When all differences are equal, 0 within the
 * margin (ends included), else 1.
 * @param margin - largest difference that does not matter, 0 or more, in the unit of the difference
 */
export function tost(difference: PairedDifference, margin: number): number {
  invariant(margin >= 0, 'an equivalence margin is not negative');
  const { estimate, standardError, n } = difference;
  if (Number.isNaN(standardError)) return 1;
  // Of the two tests the larger P belongs to the nearer end.
  const room = margin - Math.abs(estimate);
  if (standardError === 0) return room >= 0 ? 0 : 1;
  return studentTCdf(-room / standardError, n - 1);
}

/**
 * The verdict on `difference` (candidate minus baseline), each test at 5 %:
 * 1. equivalent when both one-sided tests reject, even if the difference is significant: it is too
 *    small to matter;
 * 2. otherwise worse or better, by sign, when "no difference" is rejected, that is when the 95 %
 *    interval excludes 0;
 * 3. otherwise inconclusive.
 *
 * In a family of comparisons pass both P adjusted by `holm`, each over its family; then an interval
 * that excludes 0 may still be inconclusive.
 * @param pEquivalence - from `tost`
 */
export function verdict(
  difference: PairedDifference,
  pEquivalence: number,
  pDifference: number = difference.p,
): Verdict {
  if (pEquivalence <= ALPHA) return 'equivalent';
  if (pDifference <= ALPHA) return difference.estimate < 0 ? 'better' : 'worse';
  return 'inconclusive';
}

/**
 * About how many more replications would settle an inconclusive comparison, by either route:
 * showing the difference or showing equivalence, whichever needs fewer.
 *
 * An approximation: it takes the estimate and the spread seen so far as true, asks for a chance of
 * at least 80 %, and knows nothing of Holm. NaN when the standard error is, Infinity when no number
 * would do (the estimate is 0 and so is the margin), 0 when there are enough already.
 */
export function replicationsNeeded(difference: PairedDifference, margin: number): number {
  invariant(margin >= 0, 'an equivalence margin is not negative');
  const { estimate, standardError, n } = difference;
  if (Number.isNaN(standardError)) return Number.NaN;
  const deviation = standardError * Math.sqrt(n);
  const distance = Math.abs(estimate);
  const total = Math.min(
    sampleSize(distance / deviation, 1 - ALPHA / 2, POWER),
    // Both one-sided tests must reject: each may fail with half the chance that is left.
    sampleSize((margin - distance) / deviation, 1 - ALPHA, (1 + POWER) / 2),
  );
  return Math.max(0, total - n);
}

/**
 * The least n >= 2 with effect * sqrt(n) >= t(level) + t(power), t with n - 1 degrees of freedom.
 */
function sampleSize(effect: number, level: number, power: number): number {
  if (!(effect > 0)) return Number.POSITIVE_INFINITY;
  const quantiles = (dof: number) => studentTQuantile(level, dof) + studentTQuantile(power, dof);
  // The normal law needs the fewest; Student's t a few more, so counting up is short, and beyond a
  // million none.
  let n = Math.max(2, Math.ceil((quantiles(Number.POSITIVE_INFINITY) / effect) ** 2));
  while (n < 1e6 && effect * Math.sqrt(n) < quantiles(n - 1)) n++;
  return n;
}
