import { z } from 'zod';
import { duration, mapping, percent, prose, whole } from '../../input/fields.ts';
import { type Problem, show } from '../../input/problems.ts';
import { locate, type Node, problemAt } from '../../input/tree.ts';
import { parseQuantity, QUANTITY_FORMS, type Quantity } from './quantity.ts';

const WIDTH = 'a duration such as 100ns, or a percentage of the value such as 5%';

/** The key `until` of an experiment file: replications are added until something is known well enough. */
export const untilSchema = mapping({
  metric: prose(QUANTITY_FORMS),
  half_width: z.union(
    [
      duration().transform((absolute) => ({ absolute, relative: 0 })),
      percent().transform((relative) => ({ absolute: 0, relative })),
    ],
    { error: () => WIDTH },
  ),
  at_most: whole(2, 1e6),
});

/** Until when replications are added: fixed before the first one. */
export interface Until {
  /** The quantity, as it was written and as it is. Every cell has one. */
  readonly metric: string;
  readonly quantity: Quantity;
  /** Half of its 95 % interval is to be at most the larger of both [ns; fraction of the value]. */
  readonly halfWidth: { readonly absolute: number; readonly relative: number };
  /** Most replications. */
  readonly atMost: number;
}

/** Reads the key; what is wrong with it is added to `problems`. */
export function readUntil(
  file: z.output<typeof untilSchema> | undefined,
  { root, replications, domains, jobs }: UntilContext,
  problems: Problem[],
): Until | undefined {
  if (file === undefined) return undefined;
  const { metric, half_width: halfWidth, at_most: atMost } = file;
  const complain = (key: string, message: string) => {
    const path = ['until', key];
    problems.push(problemAt(locate(root, path).origin, path, { message }));
  };
  const quantity = parseQuantity(metric, domains, jobs);
  if (quantity === undefined) {
    complain('metric', `${show(metric)} is no quantity: expected ${QUANTITY_FORMS}`);
  } else if (quantity.of === 'latency' && /^(min|max)$/.test(quantity.metric)) {
    complain(
      'metric',
      `${metric} has no interval, as extremes have none: ask for a mean or a quantile`,
    );
  } else if (quantity.of !== 'latency' && halfWidth.absolute > 0) {
    complain('half_width', `${metric} is no time: expected a percentage such as 5%`);
  }
  if (halfWidth.absolute === 0 && halfWidth.relative === 0) {
    complain('half_width', `nothing is known so well: expected ${WIDTH}, above 0`);
  }
  if (replications < 2) {
    complain(
      'metric',
      'one replication has no interval: replications, which come first, must be at least 2',
    );
  } else if (atMost < replications) {
    complain('at_most', `fewer than the ${replications} replications that come first`);
  }
  return quantity && { metric, quantity, halfWidth, atMost };
}

interface UntilContext {
  readonly root: Node;
  /** Of the first batch. */
  readonly replications: number;
  readonly domains: readonly string[];
  readonly jobs: readonly string[];
}
