import { z } from 'zod';
import {
  type Spread,
  type Spreads,
  typicalQuantile,
} from '../../hypervisor/machine/cost-spread.ts';
import { choice, list, mapping, named, prose } from '../../input/fields.ts';
import { COST_KEYS } from './machine-schema.ts';

/** Most that a cost may be of its typical value. */
const MULTIPLE_MAX = 1e6;

/** Costs that may vary: not that of untrapped operations, of which a batch is one stretch of time. */
const keys = [...COST_KEYS.keys()].filter((key) => key !== 'set_way_op');

const multiple = z
  .number({ error: () => 'a multiple of the typical value, like 1.1' })
  .min(0, { error: () => 'a multiple of the typical value, like 1.1' })
  .max(MULTIPLE_MAX, { error: () => `a multiple of at most ${MULTIPLE_MAX}` });

const classSchema = mapping({
  steps: list(choice(keys as [string, ...string[]], 'the key of a cost that may vary'), 'costs'),
  least: multiple,
  p99: multiple,
  most: multiple,
  source: prose('the source of the spread'),
}).refine(hasTypicalMean, {
  error: () => 'least <= 1 <= p99 <= most, such that the typical value, 1, can be the mean',
});

function hasTypicalMean(spread: Spread): boolean {
  const { least, p99, most } = spread;
  const typical = typicalQuantile(spread);
  return least <= 1 && 1 <= p99 && p99 <= most && typical >= 0 && typical < 0.99;
}

/** How costs vary: classes of steps with the law that they have in common. */
export const spreadSchema = named(classSchema, 'classes of steps')
  .refine(isDisjoint, { error: () => 'each step in one class only' })
  .transform((classes): Spreads => {
    const spreads = Object.values(classes).flatMap(({ steps, least, p99, most }) =>
      steps.map((key) => [COST_KEYS.get(key), { least, p99, most }] as const),
    );
    return Object.fromEntries(spreads);
  });

function isDisjoint(classes: Record<string, { steps: string[] }>): boolean {
  const steps = Object.values(classes).flatMap((one) => one.steps);
  return new Set(steps).size === steps.length;
}
