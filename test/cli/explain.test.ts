import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import { explainCommand } from '../../src/cli/explain.ts';
import { version } from '../../src/cli/version.ts';
import { CAUSES } from '../../src/measure/causes.ts';
import { quietly } from '../batch/fuzzing.ts';
import { preemptlab, temporaryFolder } from './cli.ts';

const folder = temporaryFolder();
const file = join(folder, 'study.yaml');
const out = join(folder, 'out');

beforeAll(async () => {
  writeFileSync(
    file,
    `question: Who waits?
replications: 2
duration: 60ms
domains:
  flusher: {memory: {ram: 16MiB}, vcpus: [{guest: {name: set-way-flusher, period: 10ms}}]}
  waker: {vcpus: [{guest: {name: periodic-waker, period: 1ms, jitter: 200us}}]}
policies: {upstream: {before: true, during: {threshold: 512}}, never: {before: false, during: never}}
measure: {latencies: [softirq_flush, virq]}
events: [{every: 500us, weight: {domain: waker, value: 256}}]
`,
  );
  expect((await preemptlab('run', file, '--out', out, '--quiet')).status).toBe(0);
});

const rows = (name: string): Record<string, string>[] =>
  parse(readFileSync(join(out, name)), { columns: true });

describe('what a run says of causes', () => {
  it('sums to the latency in every row of worst.csv, and to the mean in causes.csv', () => {
    const sum = (row: Record<string, string>) =>
      CAUSES.reduce((total, cause) => total + Number(row[`${cause}_ns`]), 0);
    const worst = rows('worst.csv');
    expect(worst.length).toBeGreaterThan(4);
    for (const row of worst) expect(sum(row)).toBe(Number(row.latency_ns));
    for (const row of rows('causes.csv')) expect(sum(row)).toBeCloseTo(Number(row.mean_ns), 1);
    const max = Math.max(...rows('latency.csv').map(({ max_ns }) => Number(max_ns)));
    expect(Math.max(...worst.map(({ latency_ns }) => Number(latency_ns)))).toBe(max);
  });
});

describe('preemptlab explain', () => {
  it('shows the worst sample of each kind, its causes, a timeline and how to see all of it', async () => {
    const { status, stdout } = await preemptlab('explain', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^softirq_flush: 1\.\d+ ms, no vCPU on pCPU 0/m);
    expect(stdout).toMatch(/100\.0 % {2}#{40} {2}a chunk of a flush ran/);
    expect(stdout).toMatch(/^virq: .* waker\/0 on pCPU 0/m);
    expect(stdout).toContain('+0 ns    TIMER raised');
    expect(stdout).toContain('    the toolstack: weight of waker: 256');
    // A file outside the folder it is run in is named without its path.
    const [, args] = stdout.match(/preemptlab trace study\.yaml (.*)/) ?? [];
    const trace = await preemptlab(
      'trace',
      file,
      ...args.split(' '),
      '--out',
      join(folder, 'timeline'),
    );
    expect(trace.status).toBe(0);
  });

  it('can be asked for one kind, some cells, more samples', async () => {
    const { stdout } = await preemptlab(
      'explain',
      out,
      '--kind',
      'virq',
      '--cell',
      'upstream',
      '--count',
      '2',
    );
    expect(stdout.match(/^virq: .* of upstream, /gm)).toHaveLength(2);
    expect(stdout).not.toContain('softirq_flush:');
  });

  it('says what is wrong, all at once', async () => {
    const { status, stderr } = await preemptlab(
      'explain',
      out,
      '--kind',
      'x',
      '--cell',
      'y',
      '--count',
      'z',
    );
    expect(status).toBe(2);
    expect(stderr).toContain('--kind x: expected one of: softirq_flush, virq');
    expect(stderr).toContain("--cell y: no cell's id contains this");
    expect(stderr).toContain('--count z: expected 1 to 100');
    expect((await preemptlab('explain', folder)).status).toBe(2);
  });

  it('refuses a file that is not of its results', async () => {
    const folder = copy();
    const path = join(folder, 'worst.csv');
    writeFileSync(path, readFileSync(path, 'utf8').replace(/,softirq_flush,\d/, '$&9'));
    const what = 'it is not the file that manifest.json belongs to';
    expect(await explained(folder)).toEqual([2, `${path}: ${what}`]);
    rmSync(path);
    symlinkSync('/dev/zero', path);
    expect(await explained(folder)).toEqual([2, expect.stringContaining(path)]);
    rmSync(path);
    spawnSync('mkfifo', [path]);
    expect(await explained(folder)).toEqual([2, `${path}: it is no file`]);
  });

  it.each<[string, (row: Record<string, string>) => object]>([
    ['is no number', () => ({ t_ns: 'x' })],
    ['is later than its run', () => ({ t_ns: '9000000000000000' })],
    ['has causes that do not sum to it', (row) => ({ guest_ns: `${Number(row.guest_ns) + 1}` })],
    ['has a negative cause', (row) => ({ guest_ns: '-1', path_ns: `${Number(row.path_ns) + 1}` })],
    ['is of no replication', () => ({ replication: '2' })],
    ['is of no pCPU', () => ({ pcpu: '1' })],
    ['is of no cell', () => ({ cell: 'x' })],
  ])('says which sample %s, also if the manifest agrees', async (_, change) => {
    const folder = copy();
    const path = join(folder, 'worst.csv');
    const [first, ...others] = rows('worst.csv');
    const text = stringify([{ ...first, ...change(first) }, ...others], { header: true });
    const hash = (of: string) => createHash('sha256').update(of).digest('hex');
    const manifest = join(folder, 'manifest.json');
    const before = hash(readFileSync(path, 'utf8'));
    writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(before, hash(text)));
    writeFileSync(path, text);
    expect(await explained(folder)).toEqual([
      2,
      expect.stringMatching(/worst\.csv: line 2 is damaged/),
    ]);
  });

  it('does not simulate for another version', async () => {
    const folder = copy();
    const path = join(folder, 'manifest.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"${version()}"`, '"0.0.1"'));
    const made = `made by preemptlab 0.0.1, and this is ${version()}`;
    expect(await explained(folder)).toEqual([2, expect.stringContaining(made)]);
  });
});

/** A copy of the results. */
function copy(): string {
  const of = join(temporaryFolder(), 'out');
  cpSync(out, of, { recursive: true });
  return of;
}

/** The exit code of explain for a folder, and what it says is wrong. */
async function explained(of: string): Promise<[code: number, said: string]> {
  const { code, said } = await quietly(async () => explainCommand(of, { count: '1' }));
  return [code, said];
}
