import { z } from 'zod';
import type { Distribution } from '../../engine/distribution.ts';
import type { Duration } from '../../engine/time.ts';
import {
  duration,
  list,
  mapping,
  percent,
  positiveDuration,
  positiveMean,
} from '../../input/fields.ts';

const pair = z.tuple([duration(), duration()], { error: () => '[1us, 3us]' });
const chance = z.tuple([duration(), percent()], { error: () => '[1us, 90%]' });

/** A law by its name; exactly one of them. */
const lawSchema = mapping({
  exponential: positiveMean().optional(),
  uniform: pair
    .refine(([low, high]) => low <= high, { error: () => 'the lower end first' })
    .optional(),
  discrete: list(chance, 'values with probabilities')
    .refine((values) => Math.abs(values.reduce((sum, [, p]) => sum + p, -1)) < 1e-9, {
      error: () => 'probabilities of 100% in all',
    })
    .optional(),
  half_normal: mapping({ above: duration(), deviation: positiveDuration() }).optional(),
  recorded: list(duration(), 'durations').optional(),
})
  .refine((law) => Object.keys(law).length === 1, { error: () => 'one law' })
  .transform(({ exponential: mean, uniform, discrete, half_normal, recorded }): Distribution => {
    if (mean !== undefined) return { kind: 'exponential', mean };
    if (uniform !== undefined) return { kind: 'uniform', low: uniform[0], high: uniform[1] };
    if (discrete !== undefined) return { kind: 'discrete', values: discrete };
    if (half_normal !== undefined) return { kind: 'half-normal', ...half_normal };
    return { kind: 'recorded', values: recorded ?? [] };
  });

// What is no mapping is a duration or a mistake in one; that is decided first, so that of a mapping only what is
// wrong with the mapping is told.
const constantSchema = z
  .union([z.string(), z.number()])
  .pipe(duration() as z.ZodType<Duration, string | number>)
  .transform((value): Distribution => ({ kind: 'constant', value }));

/** A law of durations: a duration, or a mapping with the law's name. */
export function distribution() {
  return z.union([constantSchema, lawSchema], {
    error: () => 'a duration, or a law like {exponential: 1us}',
  });
}

/** A law of durations by which time isSatisfied: not 0 always. */
export function passingDistribution() {
  return distribution().refine(isSatisfied, {
    error: () => 'a duration or law that is not 0 always',
  });
}

function isSatisfied(law: Distribution): boolean {
  switch (law.kind) {
    case 'constant':
      return law.value > 0;
    case 'uniform':
      return law.high > 0;
    case 'discrete':
      return law.values.some(([value, probability]) => value > 0 && probability > 0);
    case 'recorded':
      return law.values.some((value) => value > 0);
    case 'exponential':
    case 'half-normal':
      return true;
  }
}
