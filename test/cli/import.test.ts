import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { CROWD, joined, recorded } from '../traces/timelines.ts';
import { file as bytesOf, change, goesOn, LOST } from '../traces/xentrace-bytes.ts';
import { preemptlab, temporaryFolder } from './cli.ts';

function trace(bytes: Uint8Array): { file: string; folder: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'trace.xen');
  writeFileSync(file, bytes);
  return { file, folder };
}

const NO_SCHEDULER =
  'no record says which scheduler this was (event class 0x22000): the workload has the default';

describe('preemptlab import', async () => {
  const { file, folder } = trace(joined(writeXentrace(recorded(CROWD).timeline).pieces));
  const [first, second] = [join(folder, 'first'), join(folder, 'second')];
  const imported = await preemptlab('import', file, '--cpu-hz', '16G', '--out', first);
  const workload = join(first, 'workload.yaml');

  it('writes a workload and says what it is', () => {
    expect([imported.status, imported.stderr]).toEqual([0, `${NO_SCHEDULER}\n`]);
    const [what, head, ...lines] = imported.stdout.trimEnd().split('\n');
    expect(what).toBe('0.1 s at 16 GHz, 1 pCPU, 3 vCPUs, Xen 4.13 or later');
    expect(head).toMatch(
      /^vCPU +ran +waited +runs +pCPUs +moves +wakes +wait p50 +p99 +max +seems to be$/,
    );
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['d0v0', 'd1v0', 'd1v1', workload]);
    expect(readdirSync(first).sort()).toEqual(['.preemptlab', 'workload.yaml']);
  });

  it('finds the same in its own trace, whose TSC needs no --cpu-hz', async () => {
    const timeline = join(folder, 'timeline');
    expect(
      (await preemptlab('trace', workload, '--format', 'xentrace', '--out', timeline)).status,
    ).toBe(0);
    const { status, stdout } = await preemptlab(
      'import',
      join(timeline, 'timeline.xen'),
      '--out',
      second,
    );
    const what = '0.1 s at 16 GHz, 1 pCPU, 3 vCPUs, Xen 4.13 or later';
    expect([status, stdout.split('\n')[0]]).toEqual([0, what]);
    const ops = (of: string) =>
      readFileSync(join(of, 'workload.yaml'), 'utf8').match(/\[[a-z]+, \S+\]/g);
    expect(ops(first)?.length).toBeGreaterThan(100);
    // What each vCPU did last may be cut off.
    expect((ops(second) ?? []).filter((op) => !ops(first)?.includes(op)).length).toBeLessThan(4);
  });

  it('makes an experiment that preemptlab run runs, under another scheduler too', async () => {
    const out = join(folder, 'results');
    const args = ['--set', 'machine.scheduler=credit2', '--quiet', '--out', out];
    const { status, stderr } = await preemptlab('run', workload, ...args);
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(out)).toContain('latency.csv');
  });

  it('takes the speed of the TSC in several units', async () => {
    for (const [hz, seconds] of [
      ['16G', '0.1 s'],
      ['1600M', '1 s'],
      ['3200000K', '0.5 s'],
      ['1600000000', '1 s'],
      ['1.6G', '1 s'],
    ]) {
      const { stdout, stderr } = await preemptlab('import', file, '--cpu-hz', hz, '--out', second);
      expect(stdout, hz).toMatch(new RegExp(`^${seconds} at `));
      // Other speeds than the one that the trace says are taken, with a warning.
      expect(stderr.includes(`the trace's own durations say 16G`)).toBe(hz !== '16G');
    }
  });
});

describe('what preemptlab import says about a trace', () => {
  it('is which vCPUs have other numbers, and how many records were lost', async () => {
    const { file, folder } = trace(
      bytesOf(
        goesOn(0, 1, 0),
        change(0, 11, 0, 0, 1),
        goesOn(1, 1, 5),
        { cpu: 1, tsc: 20, event: LOST, words: [42, 0, 15, 0] },
        goesOn(1, 30, 5),
      ),
    );
    const { status, stdout, stderr } = await preemptlab(
      'import',
      file,
      '--cpu-hz',
      '1G',
      '--out',
      folder,
    );
    expect(status).toBe(0);
    expect(stdout).toContain('vCPU 5 of domain 1 is number 1 in d1\n');
    expect(stderr).toBe(
      `${NO_SCHEDULER}\n42 records lost while tracing: what happened meanwhile is guessed\n`,
    );
  });
});

describe('a recording of Xen that is packed', () => {
  it('is read as it is, with its scheduler and the speed of its TSC', async () => {
    const out = join(temporaryFolder(), 'out');
    const file = 'test/traces/recordings/null_w.xen.gz';
    const { status, stdout, stderr } = await preemptlab('import', file, '--out', out);
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^0\.3796\d+ s at 0\.0625 GHz, 1 pCPU, 1 vCPU, null, Xen 4\.13 or later\n/,
    );
    const machine = 'machine: {pcpus: 1, scheduler: "null", ';
    expect(readFileSync(join(out, 'workload.yaml'), 'utf8')).toContain(machine);
  });
});

describe('a part of a recording', () => {
  const recording = 'test/traces/recordings/credit2_fhw.xen.gz';
  const imported = async (...args: string[]) => {
    const out = join(temporaryFolder(), 'out');
    const { status, stdout, stderr } = await preemptlab('import', recording, ...args, '--out', out);
    return { status, stdout, stderr, text: readFileSync(join(out, 'workload.yaml'), 'utf8') };
  };

  it('is chosen by time and domains', async () => {
    const { status, stdout, stderr, text } = await imported(
      ...['--from', '100ms', '--for', '200ms', '--domains', '2,d3'],
    );
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(
      /^0\.2 s at 0\.0625 GHz, 1 pCPU, 2 vCPUs, credit2, Xen 4\.13 or later, as 4\.17\n/,
    );
    expect(text).toContain('duration: 200ms');
    expect(text).toContain('machine: {xen: "4.17", pcpus: 1, scheduler: "credit2", ');
    expect(text.match(/^ {2}\w+:$/gm)).toEqual(['  d2:', '  d3:']);
  });

  it('may have timers in place of scripts, which it offers', async () => {
    const offered = await imported();
    expect(offered.stdout).toMatch(/\nclosed loop: all run .* --periodic, .* by others: d2v0\n/);
    const { stdout, text } = await imported('--periodic');
    expect(stdout).toContain('\nopen loop: d2v0; closed loop: all others');
    expect(text.match(/name: [a-z-]+/g)).toEqual([
      'name: script',
      'name: periodic-waker',
      'name: script',
    ]);
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'w.yaml'), text);
    const run = await preemptlab(
      'run',
      join(folder, 'w.yaml'),
      '--quiet',
      '--out',
      join(folder, 'r'),
    );
    expect([run.status, run.stderr]).toEqual([0, '']);
  });

  it('is as long as an experiment file can hold', async () => {
    const turns = Array.from({ length: 30_000 }, (_, i) => [
      change(0, 100 * i + 2, 0, 0, 2),
      change(0, 100 * i + 50, 0, 2, 1),
      change(0, 100 * i + 50, 0, 1, 0),
    ]);
    const { file, folder } = trace(bytesOf(goesOn(0, 1, 0), ...turns.flat()));
    const { status, stdout, stderr } = await preemptlab(
      ...['import', file, '--cpu-hz', '1G', '--out', join(folder, 'out')],
    );
    expect([status, stdout.split('\n')[0]]).toEqual([0, '0.001799939 s at 1 GHz, 1 pCPU, 1 vCPU']);
    expect(stderr).toBe(
      `${NO_SCHEDULER}\nit has 60001 operations in 3 ms, an experiment file at most 40000: ` +
        'this is its first 1.8 ms; --from and --for choose another part\n',
    );
  });

  it('is refused if there is no such thing', async () => {
    const args = ['--from', '1', '--for', '0s', '--domains', 'a'];
    const out = join(temporaryFolder(), 'out');
    const { status, stderr } = await preemptlab('import', recording, ...args, '--out', out);
    expect([status, stderr.split('\n')]).toEqual([
      2,
      [
        '--from 1: expected a duration such as 100ms or 1.5s',
        '--for 0s: expected a duration such as 100ms or 1.5s',
        '--domains a: expected ids of domains such as 0,1,5',
        '',
      ],
    ]);
  });
});

describe('wrong input of preemptlab import', () => {
  it('may be a trace that does not say how fast its TSC is', async () => {
    const { file, folder } = trace(bytesOf(goesOn(0, 1, 0), change(0, 5, 0, 0, 2)));
    const { status, stderr } = await preemptlab('import', file, '--out', join(folder, 'out'));
    const message =
      'no record says how fast the TSC is (SWITCH_INFPREV, SWITCH_INFNEXT): give --cpu-hz';
    expect([status, stderr]).toEqual([2, `${file}: byte 0: ${message}\n`]);
  });

  it('is told with the byte at which it is, and nothing is written', async () => {
    const { file, folder } = trace(
      bytesOf(goesOn(0, 1, 0), change(0, 5, 0, 2, 1), change(0, 6, 0, 0, 7)),
    );
    const out = join(folder, 'out');
    const { status, stdout, stderr } = await preemptlab(
      'import',
      file,
      '--strict',
      '--cpu-hz',
      '0',
      '--out',
      out,
    );
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      '--cpu-hz 0: expected 1K to 1000G, such as 2.4G or 62500K\n' +
        `${file}: byte 28: vCPU d1v0 is said to be blocked, but it was running\n` +
        `${file}: byte 44: there is no runstate 7\n`,
    );
    expect(readdirSync(folder)).toEqual(['trace.xen']);
  });

  it.each([
    ['no-such-file', 'there is no such file'],
    ['.', 'it is a directory, not a file'],
    ['/dev/zero', 'it is larger than 64 MiB: trace for a shorter time, and class 0x21000 only'],
    [
      'package.json',
      'byte 0: this is no xentrace file: it does not begin with a TRACE_CPU_CHANGE record',
    ],
  ])('may be %s', async (file, message) => {
    const { status, stderr } = await preemptlab('import', file, '--out', temporaryFolder());
    expect([status, stderr]).toEqual([2, `${file}: ${message}\n`]);
  });
});
