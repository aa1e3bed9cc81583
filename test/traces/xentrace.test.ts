import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OFFLINE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { domainIds } from '../../src/traces/domain-ids.ts';
import type { Timeline } from '../../src/traces/timeline.ts';
import { writeXentrace, xentraceLimits } from '../../src/traces/xentrace.ts';
import {
  CROWD,
  FLUSHES,
  joined,
  recipes,
  recorded,
  runRecipe,
  runstateTimes,
} from './timelines.ts';
import { type Checked, checkXentrace } from './xentrace-checker.ts';

/** Time in each runstate by vCPU, from a file alone and the fact that all are offline at first [ns]. */
function timesIn(
  { changes, lastTsc }: Checked,
  { vcpus, domains }: Timeline,
  hz: number,
): number[][] {
  const toNs = (tsc: number) => Math.floor((tsc - 1) / (hz / 1e9));
  const ids = domainIds(domains);
  return vcpus.map(({ domain, number }) => {
    const times = [0, 0, 0, 0];
    let state: number = OFFLINE;
    let since = 0;
    for (const { tsc, to } of changes.get(`${ids[domain]}:${number}`) ?? []) {
      times[state] += toNs(tsc) - since;
      [state, since] = [to, toNs(tsc)];
    }
    times[state] += toNs(lastTsc) - since;
    return times;
  });
}

describe('a xentrace file', () => {
  it('keeps the rules of xenalyze and has the runstate times of the simulator', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const { machine, timeline } = runRecipe(recipe);
        const { hz, pieces } = writeXentrace(timeline);
        const checked = checkXentrace(joined(pieces));
        expect(checked.pcpus).toBe(machine.pcpuCount);
        expect(timesIn(checked, timeline, hz)).toEqual(runstateTimes(machine));
      }),
      { numRuns: 60 },
    );
  });

  it('needs 16 ticks per ns where nothing forces more', () => {
    const { timeline } = recorded(FLUSHES);
    expect(writeXentrace(timeline).hz).toBe(16e9);
  });

  it('has what Xen traces around wakes and switches', () => {
    const { timeline } = recorded(CROWD);
    const { records } = checkXentrace(joined(writeXentrace(timeline).pieces));
    const kinds = new Set(records.map(({ event }) => event));
    for (const event of [0x28004, 0x28006, 0x2800a, 0x2800e, 0x2800f, 0x28011, 0x21002]) {
      expect(kinds, event.toString(16)).toContain(event);
    }
    for (const [i, { event, cpu, words }] of records.entries()) {
      if (event !== 0x2800a) continue;
      const [stops, starts] = records.slice(i + 1).filter((record) => record.cpu === cpu);
      expect((stops.event >> 8) & 15, 'who stops was running').toBe(RUNNING);
      expect((starts.event >> 4) & 15, 'who starts is running').toBe(RUNNING);
      expect(words).toEqual([
        stops.words[0] >>> 16,
        stops.words[0] & 0xffff,
        starts.words[0] >>> 16,
        starts.words[0] & 0xffff,
      ]);
    }
  });
});

describe('domain ids', () => {
  it('are the numbers in names like d7, and the smallest free ones for other names', () => {
    expect(domainIds(['a', 'd1', 'b', 'd0', 'c'])).toEqual([2, 1, 3, 0, 4]);
    expect(domainIds(['d32766', 'd32767', 'd01', 'dom0'])).toEqual([32766, 0, 1, 2]);
  });
});

describe('limits of a xentrace file', () => {
  it('are told, all of them', () => {
    expect(xentraceLimits(256, [{ number: 255 }])).toEqual([]);
    expect(xentraceLimits(257, [{ number: 3 }, { number: 256 }])).toEqual([
      'a xentrace file has at most 256 pCPUs, not 257',
      'a xentrace file has at most 256 vCPUs per domain, not 257',
    ]);
  });

  it('are enforced by the writer', () => {
    const { timeline } = recorded(FLUSHES);
    const vcpus = [...timeline.vcpus, { domain: 0, number: 256, name: 'flusher/256' }];
    expect(() => writeXentrace({ ...timeline, vcpus })).toThrow(RangeError);
  });
});
