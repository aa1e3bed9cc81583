import type { CellResult } from '../../experiment/outcome.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import { decodeCounts } from '../../stats/bucket-counts.ts';
import { bucketMiddle, bucketOf } from '../../stats/buckets.ts';

/** Values are drawn in buckets of so many per power of two (2 to the power of this): within 0.8 %. */
const DRAWN = 6;
/** A chart of about this size: what lies nearer than a pixel is one point [px]. */
const [WIDTH, HEIGHT] = [480, 240];

/** A distribution as steps, ascending: so much of the samples is up to a value [ns; 0 .. 1]. */
export interface Steps {
  readonly values: readonly number[];
  readonly upTo: readonly number[];
}

/**
 * The distribution of all samples of a cell's replications, each of which counts as much as it is probable; the least and the
 * largest sample are exact.
 */
export function distributionOf({ outcomes, strata }: CellResult, kind: LatencyKind): Steps {
  const weights = new Map<number, number>();
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  let total = 0;
  for (const outcome of outcomes) {
    if (!outcome.ok) continue;
    const own = outcome.result.latencies.find((latency) => latency.kind === kind);
    if (own === undefined || own.summary.count === 0) continue;
    const weight = strata?.weights[outcome.replication] ?? 1;
    const { values, counts } = decodeCounts(own.histogram);
    values.forEach((value, i) => {
      const bucket = bucketOf(Math.floor(value), DRAWN);
      weights.set(bucket, (weights.get(bucket) ?? 0) + weight * counts[i]);
    });
    total += weight * own.summary.count;
    least = Math.min(least, own.summary.min);
    most = Math.max(most, own.summary.max);
  }
  let upTo = 0;
  const steps = [...weights]
    .sort(([a], [b]) => a - b)
    .map(([bucket, weight]) => {
      upTo += weight;
      const value = Math.min(Math.max(bucketMiddle(bucket, DRAWN), least), most);
      return [value, upTo / total] as const;
    });
  // Rounding leaves the last sum a little off, and the largest sample is known better than its bucket.
  if (steps.length > 0) steps[steps.length - 1] = [most, 1];
  return thinned(steps);
}

/** Without the steps that no eye can tell from the one before, on logarithmic axes. */
function thinned(steps: readonly (readonly [value: number, upTo: number])[]): Steps {
  const x = steps.map(([value]) => Math.log10(Math.max(1, value)));
  const span = Math.max(1, (x[x.length - 1] ?? 1) - (x[0] ?? 0));
  const y = (upTo: number) => Math.max(-6, Math.log10(1 - upTo + 1e-9));
  let [lastX, lastY, lastUpTo] = [Number.NEGATIVE_INFINITY, 0, 0];
  const kept = steps.filter(([, upTo], i) => {
    const isNear =
      ((x[i] - lastX) * WIDTH) / span < 1 &&
      ((lastY - y(upTo)) * HEIGHT) / 4 < 1 &&
      (upTo - lastUpTo) * HEIGHT < 1;
    if (isNear && i < steps.length - 1) return false;
    [lastX, lastY, lastUpTo] = [x[i], y(upTo), upTo];
    return true;
  });
  return { values: kept.map(([value]) => value), upTo: kept.map(([, upTo]) => upTo) };
}
