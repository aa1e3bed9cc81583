import { invariant } from '../engine/invariant.ts';

/**
 * The P values adjusted for being a family, in the order given: reject those of at most alpha, and
 * the chance of one or more false rejections is at most alpha, whatever their dependence (Holm
 * 1979).
 *
 * @param pValues - each 0 .. 1
 */
export function holm(pValues: readonly number[]): number[] {
  invariant(
    pValues.every((p) => p >= 0 && p <= 1),
    'a P value lies in 0 .. 1',
  );
  const ascending = pValues.map((p, index) => ({ p, index })).sort((x, y) => x.p - y.p);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  ascending.forEach(({ p, index }, rank) => {
    // Never below an earlier one: a test is rejected only if all with a smaller P are.
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * p));
    adjusted[index] = largest;
  });
  return adjusted;
}
