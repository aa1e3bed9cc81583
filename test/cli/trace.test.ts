import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordTimeline } from '../../src/traces/timeline.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { readPerfetto } from '../traces/perfetto-reader.ts';
import { joined, setupOf } from '../traces/timelines.ts';
import { preemptlab, temporaryFolder } from './cli.ts';

const STUDY = `
question: Where does the time go?
replications: 3
duration: 20ms
machine: {pcpus: 2, costs: {profile: zcu102-a53, spread: false}}
domains:
  flusher: {memory: {ram: 2MiB}, vcpus: [{guest: {name: set-way-flusher, period: 1ms}}]}
  waker: {vcpus: [{start: 1ms, guest: {name: poisson-waker, mean: 300us}}]}
policies: {upstream: {before: true, during: {threshold: 512}}}
`;
const TWO_CELLS = `${STUDY}factors: {pcpus: {set: machine.pcpus, levels: [1, 2]}}\n`;

function study(text: string): { file: string; folder: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'study.yaml');
  writeFileSync(file, text);
  return { file, folder };
}

describe('preemptlab trace', async () => {
  const { file, folder } = study(STUDY);
  const all = join(folder, 'all');
  const first = await preemptlab(
    'trace',
    file,
    '--replication',
    '2',
    '--format',
    'all',
    '--out',
    all,
  );

  it('writes all formats, says where and how to open them, and leaves nothing else', () => {
    expect(first.status).toBe(0);
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(/^upstream, replication 2: 20ms, \d+ events\n/);
    expect(first.stdout).toContain(
      `${join(all, 'timeline.perfetto-trace')}   (ui.perfetto.dev)\n` +
        `${join(all, 'timeline.json')}   (ui.perfetto.dev, or another viewer of trace events)\n` +
        'domains in xenalyze: d0 = flusher, d1 = waker\n' +
        `${join(all, 'timeline.xen')}   (xenalyze --cpu-hz 16G)\n`,
    );
    expect(timelines(all)).toEqual(['timeline.json', 'timeline.perfetto-trace', 'timeline.xen']);
  });

  it('goes on as long as the run does, so that the last waits are whole', async () => {
    const { file, folder } = study(
      `question: q
replications: 1
duration: 20ms
machine: {costs: zero, timers: exact}
domains: {sleeper: {vcpus: [{guest: {name: periodic-waker, period: 30ms, phase: 15ms}}]}, flusher: {memory: {ram: 256MiB, block: 4KiB}, vcpus: [{guest: {name: set-way-flusher, period: 1s, phase: 1ms}}]}}
policies: {never: {before: false, during: never}}
measure: {latencies: [virq]}
`.replace('costs: zero', 'costs: {profile: zero, page: 500ns}'),
    );
    const { status, stdout } = await preemptlab('trace', file, '--out', join(folder, 'timeline'));
    expect(status).toBe(0);
    const [, milliseconds] = /replication 0: (\d+)\S*ms, /.exec(stdout.replace(/\.\d+/, '')) ?? [];
    // 65536 pages take 32.8 ms from 1 ms on.
    expect(Number(milliseconds)).toBeGreaterThanOrEqual(33);
  });

  it('writes files that can be read, and the replication that was asked for', () => {
    expect(readPerfetto(readFileSync(join(all, 'timeline.perfetto-trace'))).length).toBeGreaterThan(
      99,
    );
    expect(JSON.parse(readFileSync(join(all, 'timeline.json'), 'utf8')).traceEvents).toBeInstanceOf(
      Array,
    );
    const xen = readFileSync(join(all, 'timeline.xen'));
    const written = (replication: number) =>
      joined(writeXentrace(recordTimeline(setupOf(STUDY), 1, replication)).pieces);
    expect(xen.equals(written(2))).toBe(true);
    expect(xen.equals(written(0))).toBe(false);
  });

  it('writes the same bytes again', async () => {
    const again = join(folder, 'again');
    await preemptlab('trace', file, '--replication', '2', '--format', 'all', '--out', again);
    for (const name of timelines(all)) {
      expect(readFileSync(join(again, name)).equals(readFileSync(join(all, name))), name).toBe(
        true,
      );
    }
  });

  it('writes a Perfetto trace of replication 0 unless told otherwise, values overridden', async () => {
    const out = join(folder, 'default');
    const { status, stdout } = await preemptlab(
      'trace',
      file,
      '--out',
      out,
      '--set',
      'duration=5ms',
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^upstream, replication 0: 5ms, /);
    expect(timelines(out)).toEqual(['timeline.perfetto-trace']);
  });
});

/** The files in a folder but what the program keeps beside them. */
function timelines(of: string): string[] {
  return readdirSync(of)
    .filter((name) => name !== '.preemptlab')
    .sort();
}

describe('the cell of preemptlab trace', () => {
  const { file, folder } = study(TWO_CELLS);
  const out = join(folder, 'out');
  const cells = '\n  upstream/pcpus=1\n  upstream/pcpus=2\n';

  it('is the one whose id has the text', async () => {
    const { status, stdout } = await preemptlab('trace', file, '--cell', 'pcpus=2', '--out', out);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^upstream\/pcpus=2, /);
  });

  it.each([
    [[], `--cell is missing: which of the 2 cells?${cells}`],
    [['--cell', 'upstream'], `--cell upstream: 2 cells have this in their id:${cells}`],
    [
      ['--cell', 'upsteam/pcpus=2'],
      `--cell upsteam/pcpus=2: no cell has this in its id. Did you mean upstream/pcpus=2? The cells are:${cells}`,
    ],
  ])('has to be named: %s', async (options, message) => {
    const { status, stderr, stdout } = await preemptlab('trace', file, ...options, '--out', out);
    expect([status, stdout, stderr]).toEqual([2, '', message]);
  });
});

describe('wrong input of preemptlab trace', () => {
  it('is told all at once, and nothing is written', async () => {
    const { file, folder } = study(TWO_CELLS.replace('20ms', '20'));
    const out = join(folder, 'out');
    const args = ['--format', 'svg', '--replication', '-1', '--out', out];
    const { status, stderr } = await preemptlab('trace', file, ...args);
    expect(status).toBe(2);
    expect(stderr).toContain('duration');
    expect(stderr).toContain('--format svg: expected one of: perfetto, chrome, xentrace, all');
    expect(stderr).toContain('--replication -1: expected a whole number from 0');
    expect(readdirSync(folder)).toEqual(['study.yaml']);
  });

  it('is a replication or cell that does not exist', async () => {
    const { file } = study(STUDY);
    const { status, stderr } = await preemptlab(
      'trace',
      file,
      '--replication',
      '3',
      '--cell',
      'never',
    );
    expect(status).toBe(2);
    expect(stderr).toContain('--replication 3: expected 0 to 2');
    expect(stderr).toContain('--cell never: no cell has this in its id.');
  });

  it('is more vCPUs than a xentrace file can hold', async () => {
    const { file, folder } = study(STUDY.replace('mean: 300us}', 'mean: 300us}, count: 300'));
    const { status, stderr } = await preemptlab('trace', file, '--format', 'all', '--out', folder);
    expect([status, stderr]).toEqual([
      2,
      'a xentrace file has at most 256 vCPUs per domain, not 300\n',
    ]);
  });

  it('is a folder that cannot be written', async () => {
    const { file, folder } = study(STUDY);
    const blocked = join(folder, 'blocked');
    writeFileSync(blocked, '');
    const { status, stderr } = await preemptlab('trace', file, '--out', blocked);
    expect(status).toBe(2);
    expect(stderr).toContain('cannot write here');
  });

  it('is a folder with something else where a file is to be: nothing is simulated', async () => {
    const { file, folder } = study(STUDY);
    const out = join(folder, 'out');
    const path = join(out, 'timeline.perfetto-trace');
    mkdirSync(path, { recursive: true });
    const { status, stdout, stderr } = await preemptlab('trace', file, '--out', out);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(`${path}: it is no file: move it away, or name another folder\n`);
    expect(readdirSync(out)).toEqual(['timeline.perfetto-trace']);
  });
});
