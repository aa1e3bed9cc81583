import { type Digest, type Worst, worstByPolicy } from '../../analysis/digest.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { drawLanes, type LaneJob, momentOf } from './lanes.ts';

/** Does in another thread what `drawLanes` does; undefined if that cannot be done. Never rejects. */
export type DrawElsewhere = (job: LaneJob) => Promise<string[] | undefined> | undefined;

/** The figures of the samples that are drawn; empty if too much happened. */
export type Lanes = ReadonlyMap<Worst, string>;

/**
 * Draws the worst sample of each kind as lanes. Each replication is run again once, whatever is drawn of it.
 * @param drawElsewhere - begins at once; without it, all is drawn here when the figures are asked for
 * @returns gives the figures
 */
export function beginLanes(
  { seed, measure }: Experiment,
  digests: readonly Digest[],
  drawElsewhere?: DrawElsewhere,
): () => Promise<Lanes> {
  const samples = measure.latencies.flatMap((kind) => worstByPolicy(kind, digests).slice(0, 1));
  const begun = byReplication(samples).map((drawn) => {
    const job = jobOf(seed, drawn);
    return { drawn, job, figures: drawElsewhere?.(job) };
  });
  return async () => {
    const lanes = new Map<Worst, string>();
    for (const { drawn, job, figures } of begun) {
      const drawings = (await figures) ?? drawLanes(job);
      drawn.forEach((sample, i) => {
        lanes.set(sample, drawings[i]);
      });
    }
    return lanes;
  };
}

function byReplication(samples: readonly Worst[]): Worst[][] {
  const groups = new Map<string, Worst[]>();
  for (const sample of samples) {
    const key = `${sample.replication} ${sample.cell.id}`;
    groups.set(key, [...(groups.get(key) ?? []), sample]);
  }
  return [...groups.values()];
}

/** What is to be drawn of one replication, which is run no further than that. */
function jobOf(seed: number, samples: readonly Worst[]): LaneJob {
  const [{ cell, replication }] = samples;
  const moments = samples.map(momentOf);
  const duration = Math.max(...moments.map(({ window }) => window.to));
  return { setup: { ...cell.setup, duration }, seed, replication, moments };
}
