import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { contents, studyFile, TWO_GUESTS } from '../batch/fixtures.ts';
import { preemptlab, preemptlabIn } from './cli.ts';

const STUDY = `
question: Does it matter?
seed: 7
replications: 8
duration: 120ms
${TWO_GUESTS}
factors:
  pcpus: {set: machine.pcpus, levels: [1, 2]}
  threshold: {set: policy.during.threshold, levels: [512, 128]}
measure: {latencies: [softirq_flush, virq], samples: true, warm_up: 40ms}
questions:
  - {ask: Does it matter?, policy: never, kinds: [virq], equivalent: "No.", worse: "Yes.", better: "On the contrary.", mixed: "Partly."}
`;

function study(text = STUDY): { file: string; folder: string } {
  const file = studyFile(text);
  return { file, folder: dirname(file) };
}

const table = (folder: string, name: string): Record<string, string>[] =>
  parse(readFileSync(join(folder, name)), { columns: true });

describe('preemptlab run', async () => {
  const { file, folder } = study();
  const out = (name: string) => join(folder, name);
  const first = await preemptlab('run', file, '--out', out('a'), '--jobs', '1');

  it('writes the results folder and says where', () => {
    expect(first.stderr).toContain('48/48 replications');
    expect(first.status).toBe(0);
    // The answer first, then where to look.
    expect(first.stdout).toMatch(/^1\. Does it matter\? Yes\./);
    const where = first.stdout.slice(first.stdout.indexOf('results in '));
    for (const name of ['answer.md', 'report.html']) expect(where).toContain(join(out('a'), name));
    expect(where).toContain('preemptlab explain');
    expect(Object.keys(contents(out('a')))).toEqual([
      'answer.md',
      'causes.csv',
      'comparison.csv',
      'counters.csv',
      'datapackage.json',
      'domains.csv',
      'latency.csv',
      'manifest.json',
      'records.jsonl.gz',
      'report.html',
      'samples.csv.gz',
      'softirq_flush.svg',
      'summary.csv',
      'virq.svg',
      'worst.csv',
    ]);
  });

  it('writes the same bytes with two workers and on a second run', async () => {
    expect(
      (await preemptlab('run', file, '--out', out('b'), '--jobs', '2', '--quiet')).status,
    ).toBe(0);
    expect(contents(out('b'))).toEqual(contents(out('a')));
    expect((await preemptlab('run', file, '--out', out('a'), '--quiet')).status).toBe(0);
    expect(contents(out('b'))).toEqual(contents(out('a')));
  });

  it('has a row per cell, replication and kind, with a column per factor', () => {
    const all = table(out('a'), 'latency.csv');
    const rows = all.filter(({ vcpu }) => vcpu === '');
    expect(rows).toHaveLength(6 * 8 * 2);
    expect(Object.keys(rows[0])).toEqual([
      'cell',
      'policy',
      'pcpus',
      'threshold',
      'replication',
      'kind',
      'domain',
      'vcpu',
      'count',
      'censored',
      'mean_ns',
      'min_ns',
      'p50_ns',
      'p90_ns',
      'p99_ns',
      'p999_ns',
      'max_ns',
    ]);
    const never = rows.filter(({ policy }) => policy === 'never');
    expect(new Set(never.map(({ threshold }) => threshold))).toEqual(new Set(['']));
  });

  it('has samples from which latency.csv can be computed', () => {
    const samples: Record<string, string>[] = parse(
      gunzipSync(readFileSync(join(out('a'), 'samples.csv.gz'))),
      { columns: true },
    );
    for (const row of table(out('a'), 'latency.csv')) {
      const own = samples.filter(
        ({ cell, replication, kind, domain, vcpu }) =>
          cell === row.cell &&
          replication === row.replication &&
          kind === row.kind &&
          (row.domain === '' || (domain === row.domain && vcpu === row.vcpu)),
      );
      expect(own).toHaveLength(Number(row.count));
      expect(own.filter(({ censored }) => censored === '1')).toHaveLength(Number(row.censored));
      if (own.length === 0) continue;
      const latencies = own.map(({ latency_ns }) => Number(latency_ns));
      expect(Math.max(...latencies)).toBe(Number(row.max_ns));
      const mean = latencies.reduce((sum, ns) => sum + ns, 0) / latencies.length;
      expect(Math.abs(mean - Number(row.mean_ns))).toBeLessThan(0.001);
    }
  });

  it('compares policies pair by pair, replication by replication', () => {
    const latency = table(out('a'), 'latency.csv').filter(({ vcpu }) => vcpu === '');
    const comparison = table(out('a'), 'comparison.csv');
    // Never has no threshold: it is compared with upstream at each.
    expect(comparison.filter(({ kind }) => kind === 'virq')).toHaveLength(2 * 2 * 3);
    const row = comparison.find(({ kind, statistic }) => kind === 'virq' && statistic === 'mean');
    // A mean over all samples is a ratio of sums; what a replication contributes to it is linear in its own sum.
    const contributions = (id: string | undefined) => {
      const own = latency.filter(({ cell, kind }) => cell === id && kind === 'virq');
      const counts = own.map(({ count }) => Number(count));
      const sums = own.map(({ count, mean_ns }) => Number(count) * Number(mean_ns));
      const all = counts.reduce((sum, n) => sum + n, 0);
      const mean = sums.reduce((sum, ns) => sum + ns, 0) / all;
      return sums.map((sum, i) => mean + ((sum - mean * counts[i]) * sums.length) / all);
    };
    const ours = contributions(row?.cell);
    const theirs = contributions(row?.baseline);
    const differences = ours.map((mean, i) => mean - theirs[i]);
    const mean = differences.reduce((sum, d) => sum + d, 0) / 8;
    const deviation = Math.sqrt(differences.reduce((sum, d) => sum + (d - mean) ** 2, 0) / 7);
    // Student t, 7 degrees of freedom, 97.5 %: 2.3646 (table).
    const half = (2.3646 * deviation) / Math.sqrt(8);
    expect(Number(row?.difference_ns)).toBeCloseTo(mean, 1);
    expect(Number(row?.lo95_ns) / (mean - half)).toBeCloseTo(1, 3);
    expect(Number(row?.hi95_ns) / (mean + half)).toBeCloseTo(1, 3);
    expect(row).toMatchObject({ pairs: '8', diverged: '8' });
    expect(row?.verdict).toBe('worse');
  });

  it('answers the questions, each number with the command that reproduces it', async () => {
    const answer = readFileSync(join(out('a'), 'answer.md'), 'utf8');
    expect(answer).toContain('## 1. Does it matter?');
    expect(answer).toMatch(/\*\*Yes\. \(virq: \d+ worse.* of \d+ comparisons\.\)\*\*/);
    const command = /`preemptlab (run .*--filter \S+)`/.exec(answer)?.[1] ?? '';
    const again = await preemptlabIn(
      folder,
      ...command.split(' '),
      '--out',
      out('again'),
      '--quiet',
    );
    expect(again.status).toBe(0);
    const rows = table(out('again'), 'latency.csv');
    expect(new Set(rows.map(({ cell }) => cell)).size).toBe(2);
    const whole = table(out('a'), 'latency.csv');
    for (const row of rows) {
      expect(whole).toContainEqual(row);
    }
  });

  it('quotes what a shell would take apart in those commands', async () => {
    const costs = 'machine.costs={profile: zcu102-a53, page: 2us}';
    const args = ['--set', costs, '--replications', '2', '--filter', 'pcpus=1', '--quiet'];
    expect((await preemptlab('run', file, '--out', out('quoted'), ...args)).status).toBe(0);
    const answer = readFileSync(join(out('quoted'), 'answer.md'), 'utf8');
    expect(answer).toContain(` --set '${costs}' --set replications=2 --filter `);
  });

  it('tells experiment, seed, versions and hashes in the manifest, and nothing of the machine', () => {
    const text = readFileSync(join(out('a'), 'manifest.json'), 'utf8');
    const manifest = JSON.parse(text);
    expect(manifest).toMatchObject({ seed: 7, replications: 8, failures: [] });
    expect(manifest.experiment.text).toBe(STUDY);
    const { 'manifest.json': _, ...files } = contents(out('a'));
    expect(manifest.files).toEqual(files);
    expect(text).not.toContain(folder);
  });

  it('takes seed and replications from the command line', async () => {
    const args = ['--seed', '8', '--replications', '2', '--filter', 'never/pcpus=1', '--quiet'];
    expect((await preemptlab('run', file, '--out', out('c'), ...args)).status).toBe(0);
    const rows = table(out('c'), 'latency.csv').filter(({ vcpu }) => vcpu === '');
    expect(rows).toHaveLength(4);
    expect(table(out('a'), 'latency.csv')).not.toContainEqual(rows[0]);
  });

  it('--dry-run names the cells and writes nothing', async () => {
    const args = ['run', file, '--out', out('dry'), '--dry-run'];
    const part = (await preemptlab(...args, '--shard', '2/3')).stdout;
    expect(part).toMatch(/, part 2 of 3 = \d+ replications/);
    const { status, stdout } = await preemptlab(...args);
    expect(stdout).not.toContain('part');
    expect(status).toBe(0);
    expect(stdout).toContain('upstream/pcpus=1/threshold=512');
    expect(stdout).toContain('6 cells x 8 replications = 48 replications, 5.76 s');
    expect(existsSync(out('dry'))).toBe(false);
  });
});

it('says of a star only what is wrong, not that its product would be too large', async () => {
  for (const set of ['replications=0', 'design=sun']) {
    const { status, stderr } = await preemptlab('check', 'experiments/dario.yaml', '--set', set);
    expect(status).toBe(2);
    expect(stderr).toContain(`--set ${set}: expected`);
    expect(stderr).not.toContain('cells');
  }
});

describe('wrong input: a clear message, exit code 2, nothing written', () => {
  const cases: [string, string, RegExp][] = [
    ['unknown key', STUDY.replace('seed: 7', 'sead: 7'), /3:1.*sead[\s\S]*seed/],
    ['negative duration', STUDY.replace('duration: 120ms', 'duration: -60ms'), /5:11.*duration/],
    [
      'a vCPU on a pCPU that does not exist',
      STUDY.replace('period: 1ms}}', 'period: 1ms}, hard_affinity: [3]}'),
      /8:.*hard_affinity/,
    ],
    [
      'overlapping extents',
      STUDY.replace('{ram: 4MiB}', '[{start: 1GiB, size: 4MiB}, {start: 1026MiB, size: 2MiB}]'),
      /overlap/,
    ],
    ['threshold 0', STUDY.replace('{threshold: 512}', '{threshold: 0}'), /threshold/],
    [
      'alias bomb',
      [
        'a: &a0 [x, x]',
        ...Array.from({ length: 40 }, (_, i) => `a${i}: &a${i + 1} [*a${i}, *a${i}]`),
      ].join('\n'),
      /alias/,
    ],
    ['a binary file', 'question: \u0000\u0001\u0002', /text/],
    ['an empty file', '', /empty/],
    [
      'a question about a policy that does not exist',
      STUDY.replace('policy: never', 'policy: nevr'),
      /questions.*nevr[\s\S]*never/,
    ],
    [
      'a warm-up that leaves nothing',
      STUDY.replace('warm_up: 40ms', 'warm_up: 120ms'),
      /warm_up.*nothing is measured/,
    ],
  ];

  it.each(cases)('%s', async (_, text, message) => {
    const { file, folder } = study(text);
    const { status, stderr, stdout } = await preemptlab('run', file, '--out', join(folder, 'out'));
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('a file of 100 MB', async () => {
    const { file, folder } = study('question: x\n'.repeat(100e6 / 12));
    const { status, stderr } = await preemptlab('run', file, '--out', join(folder, 'out'));
    expect(stderr).toMatch(/MiB/);
    expect(status).toBe(2);
  });

  it('a results folder that cannot be written, before anything is simulated', async () => {
    const { file, folder } = study();
    writeFileSync(join(folder, 'taken'), 'a file');
    const { status, stderr } = await preemptlab('run', file, '--out', join(folder, 'taken'));
    expect(stderr).toMatch(/cannot write here/);
    expect(status).toBe(2);
  });

  it.each([
    [['--jobs', '0'], /--jobs 0/],
    [['--replications', '0'], /replications/],
    [['--set', 'machine.pcpu=2'], /machine\.pcpu[\s\S]*pcpus/],
    [['--filter', 'nothing-like-it'], /no cell[\s\S]*upstream\/pcpus=1/],
  ])('options %j', async (options, message) => {
    const { file, folder } = study();
    const { status, stderr } = await preemptlab(
      'run',
      file,
      '--out',
      join(folder, 'out'),
      ...options,
    );
    expect(stderr).toMatch(message);
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  it('leaves earlier results untouched', async () => {
    const { file, folder } = study();
    const out = join(folder, 'out');
    mkdirSync(out);
    writeFileSync(join(out, 'latency.csv'), 'earlier');
    writeFileSync(file, STUDY.replace('seed: 7', 'seed: seven'));
    expect((await preemptlab('run', file, '--out', out)).status).toBe(2);
    expect(readFileSync(join(out, 'latency.csv'), 'utf8')).toBe('earlier');
    expect(readdirSync(out)).toEqual(['latency.csv']);
  });

  it('lists every mistake, with check as with run', async () => {
    const { file } = study(STUDY.replace('seed: 7', 'sead: 7').replace('120ms', '-1ms'));
    const { status, stderr } = await preemptlab('check', file);
    expect(status).toBe(2);
    expect(stderr).toMatch(/3:1/);
    expect(stderr).toMatch(/5:11/);
  });
});

describe('preemptlab', () => {
  it('has help and version', async () => {
    const { stdout: help } = await preemptlab('--help');
    expect(help).toContain('conform');
    // By what one wants to do, writing an experiment first.
    const groups = [...help.matchAll(/^([A-Z].*):$/gm)].map(([, group]) => group);
    expect(groups.slice(0, 3)).toEqual(['Options', 'Write an experiment', 'Ask a question']);
    expect(/Look at what came out:[^:]*\n {2}explain /.test(help)).toBe(true);
    expect((await preemptlab('run', '--help')).stdout).toContain('--filter');
    expect((await preemptlab('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('says what is wrong with a command, exit code 2', async () => {
    expect((await preemptlab('runn')).status).toBe(2);
    expect((await preemptlab('run')).status).toBe(2);
    const { status, stderr } = await preemptlab('run', 'missing.yaml');
    expect(status).toBe(2);
    expect(stderr).toContain('missing.yaml');
  });
});
