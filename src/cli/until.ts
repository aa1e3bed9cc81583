import { untilState } from '../analysis/until.ts';
import type { Experiment } from '../experiment/schema/schema.ts';
import type { Journal } from '../results/journal.ts';
import { resultsOf } from '../results/results.ts';
import { findSource } from '../results/source.ts';

/** The study with so many replications: as if they had been asked for. */
export function withReplications(experiment: Experiment, replications: number): Experiment {
  const overrides = [...experiment.overrides, `replications=${replications}`];
  return { ...experiment, replications, overrides };
}

/** How many replications a study that adds them had got to in `out`, at least those it begins with. */
export function reachedBefore(out: string, { until, replications }: Experiment): number {
  if (until === undefined) return replications;
  const found = findSource(out);
  const before = found.ok ? found.source.study.replications : 0;
  return Math.max(replications, Math.min(before, until.atMost));
}

/**
 * What a study that adds replications is to have next: another batch; undefined if it has enough.
 * @param now - the study with the replications that the journal has
 * @param batch - how many replications come at a time
 */
export function nextBatch(
  now: Experiment,
  journal: Journal,
  batch: number,
): { readonly replications: number; readonly why: string } | undefined {
  if (now.until === undefined) return undefined;
  const results = resultsOf(now, journal);
  const state = untilState(now, results.cells);
  results.close();
  if (state?.decision !== 'continue') return undefined;
  const replications = Math.min(now.replications + batch, now.until.atMost);
  return { replications, why: state.text };
}
