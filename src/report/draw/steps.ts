import type { BucketStep } from '../../stats/bucket-counts.ts';

/** Steps are left out between which fewer of the samples lie than this part, and no more of what lies beyond than that power of ten. */
const PART = 0.01;
const DECADES = 0.04;
/** Digits of the numbers in packed steps. */
const BASE = 36;

/**
 * A distribution function as text: for each step how much larger its value is than the one before, and how many samples
 * more it has, in base 36, separated by spaces. Steps that no eye can tell apart are left out; the first and last are kept.
 */
export function packSteps(steps: readonly BucketStep[]): string {
  const count = steps[steps.length - 1]?.upTo ?? 0;
  const parts: string[] = [];
  let [value, upTo] = [0, 0];
  steps.forEach((step, i) => {
    const beyond = Math.log10((count - upTo) / (count - step.upTo));
    const isSeen = (step.upTo - upTo) / count >= PART || beyond >= DECADES;
    if (!isSeen && i > 0 && i < steps.length - 1) return;
    const next = Math.round(step.value);
    parts.push((next - value).toString(BASE), (step.upTo - upTo).toString(BASE));
    [value, upTo] = [next, step.upTo];
  });
  return parts.join(' ');
}

/** What `packSteps` wrote. */
export function unpackSteps(text: string): BucketStep[] {
  if (text === '') return [];
  const numbers = text.split(' ').map((digits) => Number.parseInt(digits, BASE));
  const steps: BucketStep[] = [];
  let [value, upTo] = [0, 0];
  for (let i = 0; i < numbers.length; i += 2) {
    value += numbers[i];
    upTo += numbers[i + 1];
    steps.push({ value, upTo });
  }
  return steps;
}
