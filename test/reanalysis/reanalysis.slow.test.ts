import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { preemptlabIn, temporaryFolder } from '../cli/cli.ts';
import { describeWith } from '../tools.ts';

/*
 * Every estimate, interval, P value and verdict of a study once more, from its samples, by NumPy and SciPy (python3-scipy of the
 * distribution): an implementation that shares nothing with this one but the definitions in docs/statistics.md.
 */

const SCRIPT = 'test/reanalysis/reanalyse.py';

async function run(folder: string, ...options: readonly string[]): Promise<string> {
  cpSync('test/reanalysis/study.yaml', join(folder, 'study.yaml'));
  const out = join(folder, 'out');
  const { status, stderr } = await preemptlabIn(
    folder,
    'run',
    'study.yaml',
    '--out',
    out,
    '--quiet',
    ...options,
  );
  expect(status, stderr).toBe(0);
  return out;
}

function reanalyse(
  python: string,
  out: string,
  change: (what: { absolute: number }) => void = () => {},
) {
  const loaded = loadExperiment('test/reanalysis/study.yaml');
  if (!loaded.ok) throw new Error('the study does not load');
  const { compare, questions } = loaded.experiment;
  const what = { ...compare.margin, pairs: compare.pairs, questions };
  change(what);
  const { status, stdout, stderr } = spawnSync(python, [SCRIPT, out], {
    input: JSON.stringify(what),
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  const counted = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  return { status, stdout, ...counted };
}

describeWith('scipy', 'an analysis by other software', (python) => {
  it('finds the same estimates, intervals, P values and verdicts', async () => {
    const out = await run(temporaryFolder());
    const { status, stdout, intervals, comparisons, verdicts } = reanalyse(python, out);
    expect(status, stdout).toBe(0);
    // There was something to find, of every sort.
    expect(intervals).toBeGreaterThan(200);
    expect(comparisons).toBeGreaterThan(300);
    expect(Object.keys(verdicts).sort()).toEqual(['better', 'equivalent', 'undecided', 'worse']);
    // And it would not agree with anything: with another margin verdicts differ.
    const other = reanalyse(python, out, (margin) => {
      margin.absolute = 20_000;
    });
    expect(other.status).toBe(1);
    expect(other.differ).toBeGreaterThan(10);
  });
});
