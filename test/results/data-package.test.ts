import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeField } from '../../src/results/field-descriptions.ts';
import { experimentFrom, studyFile } from '../batch/fixtures.ts';
import { preemptlab, temporaryFolder } from '../cli/cli.ts';
import { SMALL_STUDY } from '../report/small-study.ts';

/** With a job, and factors of times, sizes and neither. */
const STUDY = `question: |
  Does it matter? How much?
replications: 9
jobs:
  scan: {context: hypercall, kinds: {page: {cost: [150ns, 300ns, 1us]}}, units: [[page, 256]], check: {tests: events, position: after, every: 64}, hit: continuation, costs: {test: 70ns, enter: 400ns, leave: 100ns}, origin: assumed}
${SMALL_STUDY.replace('factors:\n', 'factors:\n  memory: {set: domains.flusher.memory.ram, levels: [4MiB, 2MiB]}\n  gap: {levels: {300us: {domains.waker.vcpus.0.guest.period: 300us}, other: {domains.waker.vcpus.0.guest.period: 1ms}}}\n').replace('latencies: [softirq_timer, flush]', 'latencies: [softirq_timer, flush, delivery], samples: true')}`;

interface Package {
  readonly title: string;
  readonly resources: readonly {
    readonly path: string;
    readonly name: string;
    readonly schema: { readonly fields: readonly Field[] };
  }[];
}
interface Field {
  readonly name: string;
  readonly type: string;
  readonly unit?: string;
  readonly description: string;
}

const out = temporaryFolder();
let described: Package;
const rowsOf = (file: string): string[][] => {
  const bytes = readFileSync(join(out, file));
  return parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes);
};
const recordsOf = (file: string): Record<string, string>[] => {
  const [columns, ...rows] = rowsOf(file);
  return rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i], value])));
};

beforeAll(async () => {
  const ran = await preemptlab('run', studyFile(STUDY), '--out', out, '--quiet');
  expect(ran).toMatchObject({ status: 0, stderr: '' });
  described = JSON.parse(readFileSync(join(out, 'datapackage.json'), 'utf8'));
});

describe('datapackage.json', () => {
  it('describes each table with its columns in their order', () => {
    const files = readdirSync(out).filter((name) => /\.csv(\.gz)?$/.test(name));
    expect(described.resources.map(({ path }) => path).sort()).toEqual(files.sort());
    expect(described.title).toBe('Does it matter?');
    for (const { path, name, schema } of described.resources) {
      expect(name).toMatch(/^[a-z]+$/);
      expect(schema.fields.map((field) => field.name)).toEqual(rowsOf(path)[0]);
    }
  });

  it('says of each field what it is, and of times and sizes in which unit', () => {
    for (const field of described.resources.flatMap(({ schema }) => schema.fields)) {
      expect(field.description.length, field.name).toBeGreaterThan(5);
      const unit = /_(ns|bytes|hz)$/.exec(field.name)?.[1];
      expect(field.unit, field.name).toBe(unit);
    }
  });

  it('is right about the type of every value', () => {
    let values = 0;
    for (const { path, schema } of described.resources) {
      for (const row of rowsOf(path).slice(1)) {
        row.forEach((value, i) => {
          const { type, name } = schema.fields[i];
          if (value === '' || type === 'string') return;
          const form = type === 'integer' ? /^-?\d+$/ : /^-?\d+(\.\d+)?(e[+-]\d+)?$/;
          expect(value, `${path}: ${name}`).toMatch(form);
          values++;
        });
      }
    }
    expect(values).toBeGreaterThan(5000);
  });

  it('cannot leave a column out', () => {
    const experiment = experimentFrom(studyFile(STUDY));
    expect(() => describeField(experiment, 'latency.csv', 'guest_ms')).toThrow(
      'latency.csv: column guest_ms has no description',
    );
  });
});

describe('levels that are amounts', () => {
  it('stand once more as numbers', () => {
    const rows = recordsOf('summary.csv');
    expect(new Set(rows.map((row) => `${row.memory} ${row.memory_bytes}`))).toEqual(
      new Set(['4MiB 4194304', '2MiB 2097152']),
    );
    expect(new Set(rows.map((row) => `${row.gap} ${row.gap_ns}`))).toEqual(
      new Set(['300us 300000', 'other ']),
    );
    // Numbers as they are, and names, need no other.
    expect(rowsOf('summary.csv')[0]).not.toContain('chunk_ns');
    expect(rowsOf('summary.csv')[0]).not.toContain('costs_ns');
  });
});

describe('comparison.csv', () => {
  it('has the values of both sides, whose relation is exact', () => {
    const summary = new Map(
      recordsOf('summary.csv').map((row) => [`${row.cell} ${row.kind} ${row.statistic}`, row]),
    );
    const rows = recordsOf('comparison.csv');
    expect(rows.length).toBeGreaterThan(20);
    for (const row of rows) {
      const of = (cell: string) =>
        summary.get(`${cell} ${row.kind} ${row.statistic}`)?.estimate_ns ?? 'none';
      expect(row.value_ns).toBe(of(row.cell));
      expect(row.baseline_ns).toBe(of(row.baseline));
      if (row.relative === '') continue;
      // Times are written to the thousandth.
      const relative = Number(row.relative);
      const error = relative * Number(row.baseline_ns) - Number(row.difference_ns);
      expect(Math.abs(error)).toBeLessThan(0.001 * (1 + Math.abs(relative)));
    }
  });

  it('has P in full: the corrected one is never less, and none where there is no verdict for another reason', () => {
    const rows = recordsOf('comparison.csv');
    const judged = rows.filter(({ p }) => p !== '');
    expect(judged.length).toBeGreaterThan(10);
    for (const { p, p_raw } of judged) expect(Number(p)).toBeGreaterThanOrEqual(Number(p_raw));
    expect(judged.some(({ p }) => Number(p) > 0 && Number(p) < 0.0005)).toBe(true);
    for (const { p, p_raw, undecided } of rows) {
      const isBarred = ['no samples', 'few samples', 'few pairs', 'few differ'].includes(undecided);
      expect([p === '', p_raw === '']).toEqual([isBarred, isBarred]);
    }
  });
});

describe('preemptlab check', () => {
  it('tells of names that programs read as missing values', async () => {
    const named = STUDY.replace('other:', '"null":').replace('never:', 'NA:');
    const { stdout, status } = await preemptlab('check', studyFile(named));
    expect(stdout).toContain('a missing value: level of gap null, policy NA: call it otherwise');
    expect(status).toBe(0);
    expect((await preemptlab('check', studyFile(STUDY))).stdout).not.toContain('missing');
  });
});
