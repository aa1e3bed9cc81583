import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Simulation } from '../../../src/engine/simulation.ts';
import { NEVER } from '../../../src/engine/time.ts';
import { ExactTimers, XenTimers } from '../../../src/hypervisor/machine/timers.ts';

const SLOP = 50_000;

/** Timers on fake hardware that notes what is asked of it. */
function xenTimers(pcpus = 1, slots = 8) {
  const raised: number[] = [];
  const programmed: number[] = [];
  const hardware = {
    now: 0,
    raiseTimer: (pcpu: number) => void raised.push(pcpu),
    program: (_pcpu: number, deadline: number) => void programmed.push(deadline),
  };
  return { hardware, raised, programmed, timers: new XenTimers(hardware, pcpus, slots, SLOP) };
}

/** Takes all timers of pCPU 0 that have expired at `now`. */
function expired({ hardware, timers }: ReturnType<typeof xenTimers>, now: number): number[] {
  hardware.now = now;
  const slots = [];
  for (let slot = timers.takeExpired(0); slot >= 0; slot = timers.takeExpired(0)) slots.push(slot);
  return slots;
}

describe('XenTimers', () => {
  it('raises TIMER only where the earliest deadline changes', () => {
    const { timers, raised } = xenTimers(2);
    timers.set(0, 0, 100);
    timers.set(1, 0, 200);
    expect(raised).toEqual([0]);
    timers.set(2, 1, 300);
    timers.set(3, 0, 50);
    expect(raised).toEqual([0, 1, 0]);
    timers.stop(1);
    expect(raised).toHaveLength(3);
    timers.stop(3);
    expect(raised).toEqual([0, 1, 0, 0]);
  });

  it('raises TIMER where it leaves and where it comes when a timer changes its pCPU', () => {
    const { timers, raised } = xenTimers(2);
    timers.set(0, 0, 100);
    timers.set(0, 1, 100);
    expect(raised).toEqual([0, 0, 1]);
  });

  it('programs the earliest deadline, but never closer than the slop', () => {
    const kit = xenTimers();
    kit.timers.set(0, 0, 10_000);
    kit.timers.set(1, 0, 80_000);
    kit.timers.reprogram(0);
    kit.hardware.now = 20_000;
    expect(expired(kit, 20_000)).toEqual([0]);
    kit.timers.reprogram(0);
    expect(expired(kit, 80_000)).toEqual([1]);
    kit.timers.reprogram(0);
    expect(kit.programmed).toEqual([SLOP, 80_000, NEVER]);
  });

  it('serves together all that came due meanwhile, the earliest first', () => {
    const kit = xenTimers();
    kit.timers.set(0, 0, 30);
    kit.timers.set(1, 0, 10);
    kit.timers.set(2, 0, 20);
    kit.timers.set(3, 0, 31);
    expect(expired(kit, 30)).toEqual([1, 2, 0]);
  });

  it('fires timers in the order of their expiries, whatever was set and stopped', () => {
    const change = fc.record({
      slot: fc.nat(7),
      expiry: fc.option(fc.nat(30), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
        const kit = xenTimers();
        const armed = new Map<number, number>();
        for (const { slot, expiry } of changes) {
          if (expiry === undefined) {
            kit.timers.stop(slot);
            armed.delete(slot);
          } else {
            kit.timers.set(slot, 0, expiry);
            armed.set(slot, expiry);
          }
        }
        const fired = expired(kit, 15);
        const due = [...armed].filter(([, expiry]) => expiry <= 15);
        expect([...fired].sort()).toEqual(due.map(([slot]) => slot).sort());
        const times = fired.map((slot) => armed.get(slot) ?? -1);
        expect(times).toEqual([...times].sort((a, b) => a - b));
      }),
    );
  });

  it('treats equal expiries like the heap of common/timer.c', () => {
    // 0 is the head; 1 and 2 are its children. Taking 0 puts the last (2) on top, where it passes its equal: 1
    // comes first. With a fourth, 3 goes to the top and sinks to the left through 1.
    const three = xenTimers();
    for (const slot of [0, 1, 2]) three.timers.set(slot, 0, 5);
    expect(expired(three, 5)).toEqual([0, 1, 2]);
    const four = xenTimers();
    for (const slot of [0, 1, 2, 3]) four.timers.set(slot, 0, 5);
    expect(expired(four, 5)).toEqual([0, 1, 3, 2]);
  });
});

describe('ExactTimers', () => {
  it('fires at the expiry, one in the past now', () => {
    const fired: string[] = [];
    const sim: Simulation = new Simulation([
      { count: 3, handler: (index) => void fired.push(`${sim.now}:${index}`) },
    ]);
    const timers = new ExactTimers(sim);
    timers.set(0, 0, 10);
    timers.set(1, 0, 7);
    timers.set(2, 0, 8);
    timers.stop(2);
    sim.run(9);
    timers.set(1, 0, 3);
    sim.run();
    expect(fired).toEqual(['7:1', '9:1', '10:0']);
  });
});
