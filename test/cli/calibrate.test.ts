import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Called, preemptlab, temporaryFolder } from './cli.ts';

const RECORDINGS = ['credit_hw', 'credit_w', 'credit2_fhw', 'xm_credit2_fhw', 'null_w'];
const file = (name: string) => `test/traces/recordings/${name}.xen.gz`;

/** A time that the program has written [ns]. */
function ns(number: string, unit: string): number {
  return Number(number) * { ns: 1, us: 1e3, ms: 1e6 }[unit as 'ns' | 'us' | 'ms'];
}

/** The times in a line of a table [ns]. */
function timesIn(stdout: string, start: string): number[] {
  const line = stdout.split('\n').find((one) => one.startsWith(start)) ?? '';
  return [...line.matchAll(/(\S+) (ns|us|ms)/g)].map(([, number, unit]) => ns(number, unit));
}

describe('preemptlab calibrate', () => {
  const out = join(temporaryFolder(), 'out');
  let called: Called;
  beforeAll(async () => {
    called = await preemptlab('calibrate', ...RECORDINGS.map(file), '--out', out);
  });

  it('takes the time of the records off, and finds what an exact correction finds', () => {
    expect([called.status, called.stderr]).toEqual([0, '']);
    const [credit, credit2] = called.stdout.split(/^(?=\w+: a record takes)/m);
    // Each record takes 384 ns there.
    for (const [text, wake, idle] of [
      [credit, 1743, 1812],
      [credit2, 2182, undefined],
    ] as const) {
      const [record] = timesIn(text, 'credit');
      expect(Math.abs(record - 384)).toBeLessThan(5);
      expect(Math.abs(timesIn(text, 'wake to running ')[0] / wake - 1)).toBeLessThan(0.05);
      if (idle === undefined) continue;
      const [decision] = timesIn(text, 'wake to running, from idle');
      expect(Math.abs(decision / idle - 1)).toBeLessThan(0.01);
    }
    expect(Math.abs(timesIn(credit, 'block to decision')[0] / 1008 - 1)).toBeLessThan(0.02);
    expect(Math.abs(timesIn(credit2, 'block to decision')[0] / 1261 - 1)).toBeLessThan(0.01);
    expect(Math.abs(timesIn(credit, 'decision to running')[1] / 175 - 1)).toBeLessThan(0.01);
  });

  it.each(RECORDINGS)(
    'under the profile of traced Xen %s waits as long as it was recorded',
    (name) => {
      const [p50, simulated50, p99, simulated99] = timesIn(called.stdout, `${name} `);
      expect(p50).toBeGreaterThan(1000);
      expect(Math.abs(simulated50 / p50 - 1)).toBeLessThan(0.05);
      expect(Math.abs(simulated99 / p99 - 1)).toBeLessThan(0.05);
    },
  );

  it.each([
    ['credit_hw', 7616, 4160],
    ['credit_w', 7616, 4160],
  ])(
    '%s finds its clock as late as it was measured, traced and untraced',
    (name, traced, untraced) => {
      const [simulatedTraced, simulated] = timesIn(called.stdout, `${name} `).slice(4);
      expect(Math.abs(simulatedTraced / traced - 1)).toBeLessThan(0.01);
      expect(Math.abs(simulated / untraced - 1)).toBeLessThan(0.02);
    },
  );

  it.each(RECORDINGS)('%s is in docs/validation.md with these numbers', (name) => {
    const times = timesIn(called.stdout, `${name} `);
    const us = (at: number) => String(Number((times[at] / 1e3).toPrecision(4)));
    const measured = name.startsWith('credit_') ? [7616, 4160] : undefined;
    const guest = measured?.map((one, i) => ` ${one}, ${Math.round(times[4 + i])} `) ?? [' ', ' '];
    const line = `| ${name} | ${us(0)}, ${us(1)} | ${us(2)}, ${us(3)} |${guest.join('|')}|`;
    expect(readFileSync('docs/validation.md', 'utf8').split('\n')).toContain(line);
  });

  it('writes profiles that say where each cost is from, and workloads that run under them', async () => {
    const text = readFileSync(join(out, 'costs', 'calibrated-credit.yaml'), 'utf8');
    expect(text).toContain('extends: qemu-icount\n');
    expect(text).toMatch(/^ {2}schedule: >\n {4}derived from WAKE to running .*credit: \d+ ns/m);
    expect(text).toMatch(/^ {2}page: >\n {4}not in the trace: qemu-icount$/m);
    const results = join(temporaryFolder(), 'results');
    const args = ['run', join(out, 'null_w.yaml'), '--quiet', '--out', results];
    const { status, stderr } = await preemptlab(...args);
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each(['zero', 'zcu102-a53'])('meets the same waits from the base profile %s', async (base) => {
    const args = [file('credit_hw'), '--base', base, '--out', join(temporaryFolder(), 'out')];
    const { status, stdout } = await preemptlab('calibrate', ...args);
    expect(status).toBe(0);
    const [p50, simulated50, p99, simulated99] = timesIn(stdout, 'credit_hw ');
    expect(Math.abs(simulated50 / p50 - 1)).toBeLessThan(0.05);
    expect(Math.abs(simulated99 / p99 - 1)).toBeLessThan(0.05);
  });

  it('refuses what it cannot derive anything from, all at once', async () => {
    const folder = join(temporaryFolder(), 'none');
    const args = [
      'test/traces/recordings/alone.xen',
      'nothing.xen',
      '--base',
      'none',
      '--out',
      folder,
    ];
    const { status, stderr } = await preemptlab('calibrate', ...args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/there is no cost profile "none"/);
    expect(stderr).toMatch(/alone\.xen: byte 0: no record says how fast the TSC is/);
    expect(stderr).toMatch(/nothing\.xen: there is no such file/);
  });
});
