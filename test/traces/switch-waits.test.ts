import { describe, expect, it } from 'vitest';
import { SwitchWaits } from '../../src/traces/switch-waits.ts';

const INFPREV = 0x2800e;
const INFNEXT = 0x2800f;
const RUNNABLE_NOW = 0x21211;
const HZ = 1e9;

/** A vCPU that is switched out and in on pCPUs, one after the other, ms apart; it is blocked meanwhile if it is woken. */
function waitsOf(
  pcpus: readonly number[],
  { ahead = [0, 0, 0], jitter = 0, woken = false, fromWake = false } = {},
): SwitchWaits {
  const waits = new SwitchWaits();
  const at = (pcpu: number, ns: number, event: number, words: number[]) =>
    waits.record({ byte: 0, pcpu, event, ticks: ns + ahead[pcpu], words });
  pcpus.forEach((pcpu, i) => {
    const before = pcpus[i - 1] ?? pcpu;
    const [out, wake, back] = [1e6 * i, 1e6 * i + 600_000, 1e6 * i + 900_000 + (i % 3) * jitter];
    at(before, out, INFPREV, [1, 0, 100_000]);
    if (woken) at(before, wake, RUNNABLE_NOW, [65536]);
    at(pcpu, back, INFPREV, [2, pcpu, 5]);
    at(pcpu, back + 300, INFNEXT, [1, 0, 900_000 - (fromWake ? 600_000 : 0), 0]);
  });
  return waits;
}

const TURNS = Array.from({ length: 30 }, (_, i) => [0, 1, 2, 1][i % 4]);

describe('TSCs that are apart', () => {
  it.each([false, true])('follow from waits that begin on one pCPU and end on another', (woken) => {
    const waits = waitsOf(TURNS, { ahead: [0, 5000, -7000], woken });
    expect([...waits.ahead(HZ)]).toEqual([
      [1, 5000],
      [2, -7000],
    ]);
  });

  it('follow from waits that begin with a wake, as Xen counted before 4.13', () => {
    const waits = waitsOf(TURNS, { ahead: [0, 5000, 0], woken: true, fromWake: true });
    expect([...waits.ahead(HZ)]).toEqual([[1, 5000]]);
  });

  it('are not if that is less than the delays of records, or seldom seen', () => {
    expect([...waitsOf(TURNS, { ahead: [0, 900, 0] }).ahead(HZ)]).toEqual([]);
    expect([...waitsOf(TURNS, { ahead: [0, 3000, 0], jitter: 9000 }).ahead(HZ)]).toEqual([]);
    expect([...waitsOf([0, 1, 0, 1], { ahead: [0, 5000, 0] }).ahead(HZ)]).toEqual([]);
  });
});

describe('what a wait counts from', () => {
  it('is when the vCPU was woken, or when it last ran', () => {
    expect(waitsOf(TURNS, { woken: true, fromWake: true }).countsFromWake(HZ)).toBe(true);
    expect(waitsOf(TURNS, { woken: true }).countsFromWake(HZ)).toBe(false);
  });

  it('is not known if nobody waits', () => {
    expect(new SwitchWaits().countsFromWake(HZ)).toBeUndefined();
  });
});
