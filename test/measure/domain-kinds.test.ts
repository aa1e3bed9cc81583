import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { domainOf, kindNamed, LATENCY_KINDS } from '../../src/measure/latency-kinds.ts';
import { studyFile } from '../batch/fixtures.ts';
import { preemptlab, temporaryFolder } from '../cli/cli.ts';
import { fromText } from '../theory/study.ts';

const study = (latencies: string) => `
question: Who waits?
replications: 2
duration: 100ms
machine: {pcpus: 1, costs: qemu-icount, scheduler: credit}
domains:
  flusher: {memory: {ram: 4MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms}}]}
  fast: {vcpus: [{guest: {name: poisson-waker, mean: 1ms}, count: 2}]}
  slow: {vcpus: [{guest: {name: periodic-waker, period: 7ms}}]}
measure: {latencies: ${latencies}, warm_up: 10ms, samples: true}
questions:
  - ask: Who?
    answers: [{say: "Fast waits {upstream virq@fast.mean ±}, slow {upstream virq@slow.mean ±}."}]
    table: [virq.count, virq@fast.count, virq@slow.count]
`;

describe('a kind of latency of one domain', () => {
  it('has the samples of its vCPUs, and no others', () => {
    const { cells, seed } = fromText(study('[virq, virq@slow, delivery@fast, virq@fast]'));
    const { latencies } = replicate(cells[0].setup, seed, 0);
    expect(latencies.map(({ kind }) => kind)).toEqual([
      'delivery@fast',
      'virq',
      'virq@slow',
      'virq@fast',
    ]);
    const [delivery, whole, slow, fast] = latencies;
    expect(slow.summary.count).toBeGreaterThan(5);
    expect(slow.summary.count + fast.summary.count).toBe(whole.summary.count);
    expect(slow.vcpus).toEqual(whole.vcpus.filter(({ domain }) => domain === 'slow'));
    expect(fast.vcpus).toEqual(whole.vcpus.filter(({ domain }) => domain === 'fast'));
    expect(new Set(delivery.vcpus.map(({ domain }) => domain))).toEqual(new Set(['fast']));
    expect(Math.max(slow.summary.max, fast.summary.max)).toBe(whole.summary.max);
    expect(slow.summary.min).toBe(slow.vcpus[0].summary.min);
  });

  it('changes nothing of the others, and is the same without them', () => {
    const [alone, beside] = ['[virq@slow]', '[virq, virq@slow]'].map((latencies) => {
      const { cells, seed } = fromText(study(latencies));
      return replicate(cells[0].setup, seed, 1);
    });
    expect(alone.latencies).toEqual(beside.latencies.slice(1));
    expect(alone.counters).toEqual(beside.counters);
  });

  it('goes all the way: samples, tables, plots, answers, explain, report', async () => {
    const out = join(temporaryFolder(), 'out');
    const file = studyFile(study('[virq, virq@slow, virq@fast]'));
    expect((await preemptlab('run', file, '--out', out, '--quiet')).stderr).toBe('');
    expect(readdirSync(out)).toContain('virq@slow.svg');
    const rows = (text: string): Record<string, string>[] => parse(text, { columns: true });
    const samples = rows(gunzipSync(readFileSync(join(out, 'samples.csv.gz'))).toString());
    const slow = samples.filter(({ kind }) => kind === 'virq@slow');
    expect(slow.length).toBeGreaterThan(10);
    expect(new Set(slow.map(({ domain }) => domain))).toEqual(new Set(['slow']));
    const again = samples.filter(({ kind, domain }) => kind === 'virq' && domain === 'slow');
    expect(slow.map(({ latency_ns }) => latency_ns)).toEqual(
      again.map(({ latency_ns }) => latency_ns),
    );
    const mean = slow.reduce((sum, { latency_ns }) => sum + Number(latency_ns), 0) / slow.length;
    const [summary] = rows(readFileSync(join(out, 'summary.csv'), 'utf8')).filter(
      ({ kind, statistic }) => kind === 'virq@slow' && statistic === 'mean',
    );
    expect(Number(summary.estimate_ns)).toBeCloseTo(mean, 2);
    expect(readFileSync(join(out, 'answer.md'), 'utf8')).toMatch(
      /Fast waits \d\S* [um]s ±.*, slow \d/,
    );
    const explained = await preemptlab('explain', out, '--kind', 'virq@slow');
    expect(explained.stdout).toContain('virq@slow: ');
    const before = readFileSync(join(out, 'manifest.json'), 'utf8');
    expect((await preemptlab('report', out, '--quiet')).status).toBe(0);
    expect(readFileSync(join(out, 'manifest.json'), 'utf8')).toBe(before);
  });

  it.each([
    ['[virq@nobody]', 'there is no domain "nobody"'],
    ['[virq@]', "or, of one domain's vCPUs, such as virq@DOMAIN"],
    ['[timer@slow]', "or, of one domain's vCPUs, such as virq@DOMAIN"],
    ['[virq@slow@fast]', "or, of one domain's vCPUs, such as virq@DOMAIN"],
  ])('%s is refused', (latencies, message) => {
    const text = study(latencies).split('questions:')[0];
    const read = readExperiment('x.yaml', text, costProfileFiles('experiments/x.yaml'));
    expect(read.ok ? '' : read.problems[0].message).toContain(message);
  });

  it('is read from its name as it is written', () => {
    for (const kind of LATENCY_KINDS) {
      expect(kindNamed(kind)).toBe(kind);
      expect(domainOf(kind)).toBeUndefined();
    }
    expect(kindNamed('virq@a')).toBe('virq@a');
    expect(domainOf('virq@a')).toBe('a');
    expect(kindNamed('virk@a')).toBeUndefined();
    // It becomes the name of a file.
    for (const name of ['../x', 'a/b', '.', 'a.b', 'a b', '']) {
      expect(kindNamed(`virq@${name}`), name).toBeUndefined();
    }
  });
});
