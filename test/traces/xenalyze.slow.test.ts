import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { domainIds } from '../../src/traces/domain-ids.ts';
import { RUNSTATE } from '../../src/traces/run-log.ts';
import type { Timeline } from '../../src/traces/timeline.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { temporaryFolder } from '../cli/cli.ts';
import { describeWith } from '../tools.ts';
import {
  CROWD,
  FLUSHES,
  joined,
  type Recorded,
  recipes,
  recorded,
  runRecipe,
} from './timelines.ts';
import { analyse } from './xenalyze.ts';

const STATES = ['running', 'runnable', 'blocked', 'offline'];
const COMPLAINT = /warn|strange|fatal|skew|error|unexpected|not null|tsc.*(0|backwards)\)|exit/i;

interface Total {
  count: number;
  time: number;
}

/**
 * What xenalyze can know of a vCPU: all times in states that it has left again since it ran first, and running to the
 * end (it does not count the state of a vCPU that waits as the file ends).
 */
function knowable({ log, duration, vcpus }: Timeline): Total[][] {
  const totals = vcpus.map(() => STATES.map(() => ({ count: 0, time: 0 })));
  const since = vcpus.map((): number | undefined => undefined);
  const last = vcpus.map(() => -1);
  const leave = (vcpu: number, state: number, time: number) => {
    const entered = since[vcpu];
    if (entered === undefined || time === entered) return;
    totals[vcpu][state].count++;
    totals[vcpu][state].time += time - entered;
  };
  for (let at = 0; at < log.length; at++) {
    const vcpu = log.vcpu(at);
    if (log.kind(at) !== RUNSTATE || vcpu < 0) continue;
    const [from, to] = [log.value(at) >> 2, log.value(at) & 3];
    leave(vcpu, from, log.time(at));
    if (since[vcpu] !== undefined || to === RUNNING) since[vcpu] = log.time(at);
    last[vcpu] = to;
  }
  for (const vcpu of vcpus.keys()) if (last[vcpu] === RUNNING) leave(vcpu, RUNNING, duration);
  return totals;
}

/** Compares a timeline with what xenalyze makes of its file. */
function compare(xenalyze: string, { timeline }: Recorded): void {
  const { hz, pieces } = writeXentrace(timeline);
  const file = join(temporaryFolder(), 'timeline.xen');
  writeFileSync(file, joined(pieces));
  const { status, output, vcpus } = analyse(xenalyze, file, hz);
  expect(output.split('\n').filter((line) => COMPLAINT.test(line))).toEqual([]);
  expect(status).toBe(0);
  const ids = domainIds(timeline.domains);
  const ticksPerNs = hz / 1e9;
  for (const [vcpu, totals] of knowable(timeline).entries()) {
    const { domain, number, name } = timeline.vcpus[vcpu];
    const reported = vcpus.get(`${ids[domain]}:${number}`);
    for (const [state, { count, time }] of totals.entries()) {
      const said = reported?.get(STATES[state]) ?? { count: 0, mean: 0 };
      const what = `${name} ${STATES[state]}`;
      // A mean is rounded down, and each time may be longer or shorter by less than a nanosecond of ticks.
      const error = Math.abs(said.mean * said.count - time * ticksPerNs);
      expect(error, what).toBeLessThan(Math.max(1, said.count * (ticksPerNs + 1)));
      // xenalyze also counts times of less than a nanosecond.
      expect(said.count, what).toBeGreaterThanOrEqual(count);
    }
  }
}

describeWith('xenalyze', 'the real xenalyze', (xenalyze) => {
  it('accepts files without a complaint and finds the times of the simulator', () => {
    fc.assert(
      fc.property(recipes, (recipe) => compare(xenalyze, runRecipe(recipe))),
      { numRuns: 25 },
    );
  });

  it('does so for machines whose hypervisor takes time', () => {
    compare(xenalyze, recorded(FLUSHES));
    compare(xenalyze, recorded(CROWD));
  });

  it('complains about a file that breaks a rule', () => {
    const { timeline } = recorded(CROWD);
    const { hz, pieces } = writeXentrace(timeline);
    const bytes = Buffer.from(joined(pieces));
    // The idle vCPU of pCPU 0, which its first record says is running, becomes another.
    bytes.writeUInt32LE(1, 24);
    const file = join(temporaryFolder(), 'wrong.xen');
    writeFileSync(file, bytes);
    const { output, status } = analyse(xenalyze, file, hz);
    expect(status !== 0 || COMPLAINT.test(output)).toBe(true);
  });
});
