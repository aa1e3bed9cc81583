import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { Lab } from '../../src/lab/machine/lab.ts';
import type { LabView } from '../../src/lab/state.ts';
import { preemptlabIn, temporaryFolder } from '../cli/cli.ts';
import { SMALL_STUDY } from '../report/small-study.ts';
import { argumentsOf, shownAtEnd, sourceOf } from './lab-source.ts';

const folder = temporaryFolder();
const file = join(folder, 'small.yaml');
writeFileSync(
  file,
  `question: Does it matter?\nreplications: 12\n${SMALL_STUDY}
compare: {baseline: upstream, along: {costs: zcu102-a53}, pairs: [[never/costs=zcu102-a53, upstream/chunk=64/costs=zcu102-a53]]}
questions: [{ask: How long?, answers: [{say: "{never/costs=zcu102-a53 flush.mean}"}]}]
`,
);
const source = sourceOf(file);
const lab = new Lab(source);
const MOVED: LabView = {
  state: {
    experiment: 'small',
    sets: {
      'machine.timer_slop': '1us',
      'policy.during.threshold': '128',
      'machine.costs': 'zcu102-a53',
    },
    replications: 9,
    seed: 5,
  },
  kind: 'flush',
};

/** What the command line writes for a view: samples, and estimates by policy and statistic. */
async function fromCommandLine(args: readonly string[]) {
  const out = temporaryFolder();
  const at = args.indexOf('--out');
  const { status, stderr } = await preemptlabIn(
    folder,
    ...args.slice(0, at),
    '--out',
    out,
    '--quiet',
  );
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const csv = (name: string) => readFileSync(join(out, name), 'utf8');
  const rows: Record<string, string>[] = parse(csv('summary.csv'), { columns: true });
  const compared: Record<string, string>[] = parse(csv('comparison.csv'), { columns: true });
  return {
    answer: readFileSync(join(out, 'answer.md'), 'utf8'),
    samples: gunzipSync(readFileSync(join(out, 'samples.csv.gz'))).toString(),
    summary: rows.filter(({ kind }) => kind === 'flush'),
    compared: compared.filter(({ kind }) => kind === 'flush'),
  };
}

describe('the lab', () => {
  it.each([
    ['as in the file', { state: { experiment: 'small', sets: {} }, kind: 'flush' }],
    ['moved', MOVED],
    ['with few policies', { state: { ...MOVED.state, policies: ['upstream'] }, kind: 'flush' }],
  ] as const)('gives what its command gives, to the byte: %s', async (_, view) => {
    const shown = shownAtEnd(lab, view);
    const { samples, summary, compared } = await fromCommandLine(argumentsOf(shown.command));
    expect(samples.length).toBeGreaterThan(1000);
    expect(lab.samples(view.state)).toBe(samples);
    const [{ rows, verdicts }] = shown.sides;
    const estimates = rows.flatMap(({ policy, statistics }) =>
      statistics.map(({ name, estimate }) => [
        policy,
        name,
        Number.isNaN(estimate) ? '' : String(Math.round(estimate * 1000) / 1000),
      ]),
    );
    expect(estimates).toEqual(summary.map((row) => [row.cell, row.statistic, row.estimate_ns]));
    expect(verdicts.map(({ policy, metric, verdict }) => [policy, metric, verdict])).toEqual(
      compared.map((row) => [row.cell, row.statistic, row.verdict]),
    );
  });

  it('gives the same as an experiment file', async () => {
    writeFileSync(join(folder, 'lab.yaml'), lab.file(MOVED.state));
    const { samples, answer } = await fromCommandLine(['run', 'lab.yaml', '--out']);
    expect(answer).toContain(
      'To move its settings and see what comes of it: `preemptlab lab lab.yaml`.',
    );
    expect(lab.samples(MOVED.state)).toBe(samples);
  });

  it('shows after each round what so many replications would give', () => {
    const running = new Lab(source).begin(MOVED);
    while (!running.has(4)) running.step();
    const few = shownAtEnd(lab, { ...MOVED, state: { ...MOVED.state, replications: 4 } });
    expect(running.shown().sides).toEqual(few.sides);
    expect(running.shown().done).toBe(8);
  });

  it('holds two settings against each other, paired', () => {
    const against = {
      ...MOVED.state,
      sets: { ...MOVED.state.sets, 'policy.during.threshold': '1024' },
    };
    const { sides, differences } = shownAtEnd(lab, { ...MOVED, against });
    expect(sides).toHaveLength(2);
    const mean = (side: number, policy: string) =>
      sides[side].rows.find((row) => row.policy === policy)?.statistics[0].estimate ?? Number.NaN;
    const [upstream] = differences.filter(
      ({ policy, metric }) => policy === 'upstream' && metric === 'mean',
    );
    expect(mean(0, 'upstream')).not.toBe(mean(1, 'upstream'));
    expect(upstream.text).toMatch(/^[+-]\d/);
    // What is the same on both sides differs in no replication.
    const never = differences.filter(({ policy }) => policy === 'never');
    expect(never.map(({ why }) => why)).toContain('fewer than 8 replications differ');
    expect(mean(0, 'never')).toBe(mean(1, 'never'));
  });

  it('explains the worst case: what each nanosecond went to, and what happened', () => {
    const { sides, seed } = shownAtEnd(lab, MOVED);
    expect(seed).toBe(5);
    for (const { policy, worst: longest } of sides[0].rows) {
      const worst = lab.worst(MOVED, policy);
      expect(worst?.latency).toBe(longest?.latency);
      const causes = worst?.causes ?? [];
      expect(causes.reduce((sum, { ns }) => sum + ns, 0)).toBe(worst?.latency);
      expect(worst?.events.length).toBeGreaterThan(3);
      const times = (worst?.events ?? []).map(({ at }) => at);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(worst?.lanes.map(({ name }) => name)).toContain('pCPU 0');
      for (const { stretches } of worst?.lanes ?? [])
        for (const { from, to } of stretches) {
          expect(from).toBeGreaterThanOrEqual(worst?.from ?? 0);
          expect(to).toBeLessThanOrEqual(worst?.to ?? 0);
        }
    }
  });

  it('gives the command of the worst timeline', async () => {
    const worst = lab.worst(MOVED, 'upstream');
    const { status, stdout } = await preemptlabIn(folder, ...argumentsOf(worst?.command ?? ''));
    expect(stdout).toMatch(/^upstream, replication \d+: /);
    expect(status).toBe(0);
  });
});
