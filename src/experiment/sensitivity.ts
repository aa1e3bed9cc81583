import { exp, log } from '../engine/elementary.ts';
import { randomStream } from '../engine/random-stream.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { type Effect, elementaryEffects, morrisDesign } from '../stats/morris.ts';
import { stratifiedMean } from '../stats/strata.ts';
import { type Input, inputsOf } from './inputs.ts';
import { replicate } from './replication.ts';
import { replicationWeights, stratumOf } from './sampling.ts';
import type { Cell, Experiment, Setup } from './schema/schema.ts';

/** How far inputs are moved, and how well each point is measured. */
export interface SensitivityOptions {
  /** Each input goes from its value by this to its value times this. */
  readonly factor: number;
  readonly trajectories: number;
  readonly replications: number;
}

/** What is found about a mean: of one kind of latency under one policy, against the baseline. */
export type ComparisonFinding = 'worse' | 'better' | 'within the margin' | 'undecided';

/** A finding at the experiment's own values, and what moves it. */
export interface Sensitivity {
  readonly policy: string;
  readonly kind: LatencyKind;
  /** Difference of the means, and the margin [ns]. */
  readonly difference: number;
  readonly margin: number;
  readonly finding: ComparisonFinding;
  /** In the order of `inputs` [ns over the whole range]. */
  readonly effects: readonly Effect[];
  /** Single inputs that overturn it: multiplied by so much, the least that does; and what is found then. */
  readonly overturned: readonly {
    readonly input: Input;
    readonly multiple: number;
    readonly to: ComparisonFinding;
  }[];
}

/** Halvings of the logarithm of the multiple that overturns a finding. */
const BISECTIONS = 6;
/** Multiples that are tried before, as parts of the logarithm of the whole factor. */
const PARTS = [0.25, 0.5, 1];

/**
 * The sensitivity of what an experiment finds to all its costs, rates and sizes, at the first cell of each policy. Means of
 * the same replications everywhere, so that chance moves little. `done` is told how much of the work is.
 */
export function sensitivity(
  experiment: Experiment,
  { factor, trajectories, replications }: SensitivityOptions,
  done: (part: number) => void = () => {},
): { readonly inputs: readonly Input[]; readonly findings: readonly Sensitivity[] } {
  const { cells, policies, compare, measure, seed } = experiment;
  const first = policies.flatMap((policy) => cells.find((cell) => cell.policy === policy) ?? []);
  const baseline = first.find(({ policy }) => policy === compare.baseline) ?? first[0];
  const inputs = inputsOf(baseline.setup);
  const others = first.filter((cell) => cell !== baseline);
  const kinds = measure.latencies;
  const meansAt = (multiples: readonly number[], of: readonly Cell[]) =>
    of.map(({ setup }) => means(moved(setup, inputs, multiples), seed, replications));
  const unmoved = inputs.map(() => 1);
  const points = morrisDesign(inputs.length, trajectories, randomStream(seed, 0, 'morris'));
  const total = points.length + inputs.length * 2 * PARTS.length;
  let finished = 0;
  const step = () => done(++finished / total);
  const walked = points.map(({ at }) => {
    const given = meansAt(
      at.map((x) => exp(log(factor) * (2 * x - 1))),
      [baseline, ...others],
    );
    step();
    return given;
  });
  const own = meansAt(unmoved, [baseline, ...others]);
  const alone = new Map<string, readonly ReadonlyMap<LatencyKind, Mean>[]>();
  const movedAlone = (i: number, multiple: number) => {
    const key = `${i} ${multiple}`;
    const known = alone.get(key);
    if (known !== undefined) return known;
    const given = meansAt(
      unmoved.map((_, j) => (j === i ? multiple : 1)),
      [baseline, ...others],
    );
    alone.set(key, given);
    return given;
  };
  const found: Sensitivity[] = [];
  inputs.forEach((_, i) => {
    for (const sign of [-1, 1]) {
      for (const part of PARTS) {
        movedAlone(i, exp(log(factor) * sign * part));
        step();
      }
    }
  });
  others.forEach(({ policy }, o) => {
    for (const kind of kinds) {
      const at = (given: readonly ReadonlyMap<LatencyKind, Mean>[]) =>
        judged(given[o + 1].get(kind), given[0].get(kind), compare.margin);
      const here = at(own);
      if (here === undefined) continue;
      const outputs = walked.map((given) => at(given)?.difference ?? Number.NaN);
      // What chance may have made needs nothing to be overturned.
      const isDecided = decided(own[o + 1].get(kind), own[0].get(kind), here, experiment);
      const movable = isDecided ? inputs : [];
      const overturned = movable.flatMap((input, i) => {
        const findingAt = (multiple: number) => at(movedAlone(i, multiple))?.finding;
        const crossing = [-1, 1].flatMap((sign) =>
          firstChange(sign, factor, here.finding, findingAt),
        );
        if (crossing.length === 0) return [];
        const nearest = crossing.reduce((a, b) => (Math.abs(log(b)) < Math.abs(log(a)) ? b : a));
        const to = findingAt(nearest);
        return to === undefined ? [] : [{ input, multiple: nearest, to }];
      });
      overturned.sort((a, b) => Math.abs(log(a.multiple)) - Math.abs(log(b.multiple)));
      const effects = elementaryEffects(points, outputs, inputs.length);
      const finding = isDecided ? here.finding : 'undecided';
      found.push({ policy, kind, ...here, finding, effects, overturned });
    }
  });
  return { inputs, findings: found };
}

/** The least multiple in one direction at which something else is found, in a list; an empty one if none is tried. */
function firstChange(
  sign: number,
  factor: number,
  finding: ComparisonFinding,
  at: (multiple: number) => ComparisonFinding | undefined,
): number[] {
  const changes = (part: number) => {
    const there = at(exp(log(factor) * sign * part));
    return there !== undefined && there !== finding;
  };
  const index = PARTS.findIndex(changes);
  if (index < 0) return [];
  let low = index === 0 ? 0 : PARTS[index - 1];
  let high = PARTS[index];
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (low + high) / 2;
    if (changes(middle)) high = middle;
    else low = middle;
  }
  return [exp(log(factor) * sign * high)];
}

function moved(setup: Setup, inputs: readonly Input[], multiples: readonly number[]): Setup {
  return inputs.reduce(
    (changed, input, i) => (multiples[i] === 1 ? changed : input.times(changed, multiples[i])),
    setup,
  );
}

/** A mean, and what each replication contributes to its deviation from the truth: the linear part of the ratio. */
interface Mean {
  readonly mean: number;
  readonly parts: readonly number[];
}

/** The mean of each kind over all samples of some replications, weighted as they occur. */
function means(setup: Setup, seed: number, replications: number): Map<LatencyKind, Mean> {
  const numbers = Array.from({ length: replications }, (_, i) => i);
  const weights = replicationWeights(setup.sampling, numbers);
  const sums = new Map<LatencyKind, { sums: number[]; counts: number[] }>();
  for (const replication of numbers) {
    for (const { kind, summary } of replicate(setup, seed, replication).latencies) {
      const of = sums.get(kind) ?? { sums: [], counts: [] };
      sums.set(kind, of);
      of.sums.push(summary.count === 0 ? 0 : summary.count * summary.mean);
      of.counts.push(summary.count);
    }
  }
  return new Map(
    [...sums].map(([kind, of]) => {
      const total = (values: readonly number[]) =>
        values.reduce((sum, value, i) => sum + weights[i] * value, 0);
      const mean = total(of.sums) / total(of.counts);
      const perReplication = total(of.counts) / replications;
      const parts = of.sums.map((sum, i) => (sum - mean * of.counts[i]) / perReplication);
      return [kind, { mean, parts }];
    }),
  );
}

/** Whether the 95 % interval of the difference, over replications, lies on one side of the margin. */
function decided(
  ours: Mean | undefined,
  theirs: Mean | undefined,
  {
    difference,
    margin,
    finding,
  }: { difference: number; margin: number; finding: ComparisonFinding },
  { cells }: Experiment,
): boolean {
  if (ours === undefined || theirs === undefined) return false;
  const { sampling } = cells[0].setup;
  const strata = sampling?.strata ?? [{ probability: 1 }];
  const grouped = strata.map(({ probability }, s) => ({
    weight: probability,
    values: ours.parts
      .map((part, i) => part - theirs.parts[i])
      .filter((_, i) => (sampling === undefined ? 0 : stratumOf(sampling, i)) === s),
  }));
  const { lo, hi } = stratifiedMean(grouped);
  const [low, high] = [difference + lo, difference + hi];
  if (finding === 'worse') return low > margin;
  if (finding === 'better') return high < -margin;
  return low > -margin && high < margin;
}

function judged(
  ours: Mean | undefined,
  theirs: Mean | undefined,
  { absolute, relative }: Experiment['compare']['margin'],
): { difference: number; margin: number; finding: ComparisonFinding } | undefined {
  if (ours === undefined || theirs === undefined) return undefined;
  const difference = ours.mean - theirs.mean;
  if (Number.isNaN(difference)) return undefined;
  const margin = Math.max(absolute, relative * theirs.mean);
  const finding =
    difference > margin ? 'worse' : difference < -margin ? 'better' : 'within the margin';
  return { difference, margin, finding };
}
