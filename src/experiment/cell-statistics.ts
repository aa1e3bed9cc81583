import type { Counters } from '../measure/counters.ts';
import type { LatencyKind } from '../measure/latency-kinds.ts';
import { METRICS } from '../measure/metrics.ts';
import { type Counted, decodeCounts } from '../stats/bucket-counts.ts';
import {
  PooledStatistics,
  type ReplicationSamples,
  type Scale,
} from '../stats/pooled-statistics.ts';
import { type Outcome, OWN_VALUES, type Strata } from './outcome.ts';

type Done = Outcome & { readonly ok: true };

/** Numbers per kind in the row of a replication; the counters are behind those of all kinds. */
export const COLUMNS = [...METRICS, ...OWN_VALUES] as const;

/** Text of samples that is kept between the two passes [characters]; of more, replications are read again. */
const KEPT_MAX = 32e6;

/**
 * The statistics of one cell: a row of residuals per replication, and how residuals become contributions.
 * @param again - the same outcomes once more, for a second pass
 * @param strata - how the replications were drawn; undefined: all alike
 * @param counterNames - those of the experiment
 * @param row - takes the row of each replication that ran
 * @returns the scales of each kind, in the order of METRICS
 */
export function cellStatistics(
  kinds: readonly LatencyKind[],
  outcomes: Iterable<Outcome>,
  again: Iterable<Outcome>,
  strata: Strata | undefined,
  counterNames: readonly string[],
  row: (replication: number, values: readonly number[]) => void,
): Scale[][] {
  const weights = strata?.weights;
  const pools = kinds.map(() => new PooledStatistics());
  let kept: Read[] | undefined = [];
  let size = 0;
  for (const outcome of outcomes) {
    if (!outcome.ok) continue;
    const read = readOne(kinds, outcome, weights);
    read.samples.forEach((of, kind) => {
      pools[kind].add(of);
    });
    for (const { histogram } of outcome.result.latencies) size += histogram.length;
    if (size > KEPT_MAX) kept = undefined;
    kept?.push(read);
  }
  for (const { replication, samples, own, counters } of kept ?? readAll(kinds, again, weights)) {
    const values = samples.flatMap((of, kind) => {
      const residuals = pools[kind].residuals(of, METRICS);
      pools[kind].note(residuals, METRICS, strata?.of[replication]);
      return [...residuals, ...own[kind]];
    });
    row(replication, [...values, ...counterNames.map((name) => counters[name])]);
  }
  return pools.map((pool) => METRICS.map((metric) => pool.scale(metric)));
}

/** What is kept of a replication between the passes. */
interface Read {
  readonly replication: number;
  readonly samples: readonly ReplicationSamples[];
  /** By kind, in the order of OWN_VALUES. */
  readonly own: readonly (readonly number[])[];
  readonly counters: Counters;
}

function* readAll(
  kinds: readonly LatencyKind[],
  outcomes: Iterable<Outcome>,
  weights: ArrayLike<number> | undefined,
): Generator<Read> {
  for (const outcome of outcomes) if (outcome.ok) yield readOne(kinds, outcome, weights);
}

const NO_SAMPLES: Counted = decodeCounts('');

function readOne(
  kinds: readonly LatencyKind[],
  { replication, result }: Done,
  weights: ArrayLike<number> | undefined,
): Read {
  const weight = weights === undefined ? 1 : weights[replication];
  const own: number[][] = [];
  const samples = kinds.map((kind): ReplicationSamples => {
    const found = result.latencies.find((latency) => latency.kind === kind);
    if (found === undefined || found.summary.count === 0) {
      const none = Number.NaN;
      own.push([0, none, 0]);
      return { counted: NO_SAMPLES, count: 0, mean: none, min: none, max: none, weight };
    }
    const { count, mean, min, max } = found.summary;
    own.push([count, mean, found.censored]);
    return { counted: decodeCounts(found.histogram), count, mean, min, max, weight };
  });
  return { replication, samples, own, counters: result.counters };
}
