import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { UPSTREAM_FLUSH_RULE } from '../../src/memory/flush-rule.ts';
import { FlushWalk } from '../../src/memory/flush-walk.ts';
import { buildP2m, ramExtents } from '../../src/memory/p2m.ts';
import { recorded, samplesOf, simulate } from './measured.ts';

describe.each(['cortex-a57', 'cortex-a53'])('flush duration as the guest reads it: %s', (cpu) => {
  const rows = recorded('flush_duration_vs_ram.csv').filter((row) => row.cpu === cpu);
  const settings = new Set(
    rows.map((row) => `ram=${row.ram_mb}MiB/touched=${row.touched_2MB_blocks_between_ops}`),
  );

  it.each([...settings])('%s within 1 %%, each operation', (setting) => {
    const simulated = samplesOf(
      simulate('flush-duration', `upstream/cpu=${cpu}/${setting}`),
      'flush',
    );
    for (const [i, op] of ['cisw', 'off', 'on'].entries()) {
      const measured = rows.filter(
        (row) =>
          setting === `ram=${row.ram_mb}MiB/touched=${row.touched_2MB_blocks_between_ops}` &&
          row.op === op &&
          row.iter !== 'first',
      );
      expect(measured.length).toBeGreaterThan(2);
      // The 10 ms tick interrupts some flushes, in the measurement as here.
      const own = simulated.filter((_, n) => n % 3 === i && n > 2).map(({ latency }) => latency);
      expect(own.length).toBeGreaterThan(2);
      for (const { duration_ns } of measured) {
        for (const latency of own) {
          expect(Math.abs(latency / Number(duration_ns) - 1)).toBeLessThan(0.01);
        }
      }
    }
  });
});

it('the document has how long a Set/Way operation takes', () => {
  const cisw = (setting: string) => {
    const all = samplesOf(simulate('flush-duration', `upstream/cpu=${setting}`), 'flush');
    return all[3].latency.toLocaleString('en-US');
  };
  const [small, large] = [16, 64].map((mib) => cisw(`cortex-a57/ram=${mib}MiB/touched=1`));
  const least = cisw('cortex-a53/ram=16MiB/touched=1');
  const most = cisw('cortex-a53/ram=64MiB/touched=8');
  const document = readFileSync('docs/validation.md', 'utf8');
  expect(document).toContain(`ns | ${small} and ${large} ns (a tick`);
  expect(document).toContain(`ns | ${least} to ${most} ns |`);
});

describe('intervals between checks', () => {
  const loaded = loadExperiment('experiments/measured/flush-duration.yaml');
  if (!loaded.ok) throw new Error('flush-duration.yaml');
  const { costs } = loaded.experiment.cells[0].setup.machine;
  const built = buildP2m(ramExtents(0x40000, 64 * 2 ** 20, 9));
  if (!built.ok) throw new Error(built.problems.join());

  it('are the measured ones: 52 pages, 19142 and 19463 ns within 1 %', () => {
    const walk = new FlushWalk(built.p2m, costs, UPSTREAM_FLUSH_RULE);
    walk.begin(0);
    const intervals = new Map<number, Set<number>>();
    let last = walk.nextCheck(0);
    let pages = walk.positionAt(last).flushed;
    for (
      let check = walk.nextCheck(last + 1);
      check < Infinity;
      check = walk.nextCheck(check + 1)
    ) {
      const { flushed } = walk.positionAt(check);
      const lengths = intervals.get(flushed - pages) ?? new Set();
      intervals.set(flushed - pages, lengths.add(check - last));
      [last, pages] = [check, flushed];
    }
    const measured = recorded('inflush_check_intervals.csv').filter(
      ({ xen_variant }) => xen_variant === 'stock' || xen_variant === 'nopre',
    );
    expect([...intervals.keys()]).toEqual([52]);
    const simulated = [...(intervals.get(52) ?? [])].sort((a, b) => a - b);
    const distinct = [...new Set(measured.map((row) => Number(row.ns_between_checks)))].sort(
      (a, b) => a - b,
    );
    expect(simulated).toHaveLength(distinct.length);
    for (const [i, ns] of distinct.entries()) {
      expect(Math.abs(simulated[i] / ns - 1)).toBeLessThan(0.01);
    }
  });

  it('are shorter on 4.12.0: 15502 ns', () => {
    const source = costProfileFiles('experiments/x.yaml').read('qemu-icount-412');
    expect('source' in source).toBe(true);
    const other = loadExperiment('experiments/measured/flush-duration.yaml', [
      'machine.costs=qemu-icount-412',
    ]);
    if (!other.ok) throw new Error('qemu-icount-412');
    const walk = new FlushWalk(
      built.p2m,
      other.experiment.cells[0].setup.machine.costs,
      UPSTREAM_FLUSH_RULE,
    );
    walk.begin(0);
    const first = walk.nextCheck(0);
    expect(walk.nextCheck(first + 1) - first).toBe(15_502);
  });
});
