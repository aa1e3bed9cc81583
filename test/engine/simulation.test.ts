import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/engine/invariant.ts';
import { Simulation } from '../../src/engine/simulation.ts';
import { NEVER } from '../../src/engine/time.ts';

/** A simulation of `counts.length` kinds that logs what happens; `react` may add to it. */
function logging(
  counts: number[],
  react: (sim: Simulation, kind: number, index: number) => void = () => {},
) {
  const log: string[] = [];
  const sim: Simulation = new Simulation(
    counts.map((count, kind) => ({
      count,
      handler: (index) => {
        log.push(`${sim.now}:${kind}.${index}`);
        react(sim, kind, index);
      },
    })),
  );
  return { sim, log };
}

describe('Simulation', () => {
  it('handles events in the order (time, kind, index)', () => {
    const { sim, log } = logging([2, 3]);
    sim.at(sim.slot(1, 2), 5);
    sim.at(sim.slot(0, 1), 5);
    sim.at(sim.slot(1, 0), 5);
    sim.at(sim.slot(0, 0), 6);
    sim.at(sim.slot(1, 1), 4);
    expect(sim.run()).toBe(5);
    expect(log).toEqual(['4:1.1', '5:0.1', '5:1.0', '5:1.2', '6:0.0']);
  });

  it('lets what a handler arms for now compete at once', () => {
    const { sim, log } = logging([1, 2], (s, kind, index) => {
      if (kind === 1 && index === 0) s.at(s.slot(0, 0), s.now);
    });
    sim.at(sim.slot(1, 0), 3);
    sim.at(sim.slot(1, 1), 3);
    sim.run();
    expect(log).toEqual(['3:1.0', '3:0.0', '3:1.1']);
  });

  it('stops before events due at the end and sets the clock to it', () => {
    const { sim, log } = logging([2]);
    sim.at(sim.slot(0, 0), 9);
    sim.at(sim.slot(0, 1), 10);
    expect(sim.run(10)).toBe(1);
    expect(sim.now).toBe(10);
    expect(sim.run(11)).toBe(1);
    expect(log).toEqual(['9:0.0', '10:0.1']);
  });

  it('handles at most so many events', () => {
    const { sim } = logging([1], (s) => s.at(s.slot(0, 0), s.now + 1));
    sim.at(sim.slot(0, 0), 1);
    expect(sim.run(NEVER, 7)).toBe(7);
    expect(sim.now).toBe(7);
    expect(sim.eventCount).toBe(7);
  });

  it('can be stopped by a handler', () => {
    const { sim, log } = logging([3], (s, _, index) => index === 1 && s.stop());
    for (const index of [0, 1, 2]) sim.at(sim.slot(0, index), index);
    sim.run();
    expect(log).toEqual(['0:0.0', '1:0.1']);
  });

  it('takes back what is cancelled', () => {
    const { sim, log } = logging([2]);
    sim.at(sim.slot(0, 0), 1);
    sim.at(sim.slot(0, 1), 2);
    sim.cancel(sim.slot(0, 0));
    expect(sim.dueAt(sim.slot(0, 0))).toBe(NEVER);
    sim.run();
    expect(log).toEqual(['2:0.1']);
  });

  it('refuses a time in the past and a time that is none', () => {
    const { sim } = logging([1], (s) => s.at(s.slot(0, 0), s.now - 1));
    sim.at(sim.slot(0, 0), 5);
    expect(() => sim.run()).toThrow(InvariantError);
    expect(() => sim.at(sim.slot(0, 0), Number.NaN)).toThrow('never due in the past');
  });

  it('names slots by kind and index and back', () => {
    const { sim } = logging([2, 0, 3]);
    expect(sim.slotCount).toBe(5);
    for (const [kind, index] of [
      [0, 1],
      [2, 0],
      [2, 2],
    ] as const) {
      const slot = sim.slot(kind, index);
      expect([sim.kindOf(slot), sim.indexOf(slot)]).toEqual([kind, index]);
    }
  });

  it('lets time pass in place only up to the next event, the end and the limit', () => {
    const passed: boolean[] = [];
    const { sim } = logging([1, 1], (s, kind) => {
      if (kind !== 0) return;
      for (const time of [7, 9, 10, 11]) passed.push(s.passes(time));
    });
    sim.at(sim.slot(0, 0), 5);
    sim.at(sim.slot(1, 0), 10);
    expect(sim.passes(1)).toBe(false);
    expect(sim.run(9)).toBe(2);
    // Not to 9, where the run ends, nor to 10, where something is due.
    expect(passed).toEqual([true, false, false, false]);
    expect(sim.now).toBe(9);
    sim.at(sim.slot(0, 0), 9);
    sim.run(NEVER, 1);
    expect(passed.slice(4)).toEqual([false, false, false, false]);
    expect(sim.passes(9)).toBe(false);
  });

  it('does the same whether steps pass in place or are events', () => {
    const step = fc.record({ length: fc.nat(4), inPlace: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step), fc.array(fc.nat(30)), (steps, others) => {
        const run = (mayPass: boolean) => {
          const log: string[] = [];
          let next = 0;
          const go = () => {
            for (;;) {
              log.push(`${sim.now}: step ${next}`);
              const { length, inPlace } = steps[next] ?? { length: -1, inPlace: false };
              if (length < 0) return;
              next++;
              if (mayPass && inPlace && sim.passes(sim.now + length)) continue;
              sim.at(sim.slot(1, 0), sim.now + length);
              return;
            }
          };
          const other = (index: number) => log.push(`${sim.now}: other ${index}`);
          const sim: Simulation = new Simulation([
            { count: 1, handler: () => log.push('first') },
            { count: 1, handler: go },
            { count: Math.max(1, others.length), handler: other },
          ]);
          for (const [i, time] of others.entries()) sim.at(sim.slot(2, i), time);
          sim.at(sim.slot(0, 0), 15);
          sim.at(sim.slot(1, 0), 0);
          sim.run(40);
          return { log, now: sim.now, events: sim.eventCount };
        };
        expect(run(true)).toEqual(run(false));
      }),
    );
  });
});
