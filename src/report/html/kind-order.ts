import type { Arithmetic } from '../../experiment/schema/expression.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';

/** The kinds of latency that are measured: first those that questions ask about, in their order; last those of `idle`. */
export function kindsInOrder(
  { questions, measure }: Experiment,
  idle: ReadonlySet<LatencyKind>,
): LatencyKind[] {
  const asked = questions.flatMap((question) => {
    if ('kinds' in question) return question.kinds;
    const said = question.answers.flatMap(({ when, values }) => [
      ...when.flatMap(({ left, right }) => [...kindsIn(left.value), ...kindsIn(right.value)]),
      ...[...values.values()].flatMap(({ value }) => kindsIn(value)),
    ]);
    return said;
  });
  const rank = (kind: LatencyKind) => {
    const place = asked.indexOf(kind);
    return (idle.has(kind) ? 2e6 : 0) + (place < 0 ? 1e6 : place);
  };
  return [...measure.latencies].sort((a, b) => rank(a) - rank(b));
}

function kindsIn(value: Arithmetic): LatencyKind[] {
  if ('operator' in value) return [...kindsIn(value.left), ...kindsIn(value.right)];
  if (!('quantity' in value)) return [];
  const { quantity } = value;
  return quantity.of === 'latency' || quantity.of === 'count' ? [quantity.kind] : [];
}
