import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunError, SchedulingError, SetupError } from '../../src/engine/errors.ts';
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
    expect(() => sim.run()).toThrow(SchedulingError);
    expect(() => sim.at(sim.slot(0, 0), Number.NaN)).toThrow('it is 5 ns now');
  });

  it('goes on after a handler has thrown, with what is still due', () => {
    const { sim, log } = logging([2], (_, __, index) => {
      if (index === 0) throw new Error('a defect');
    });
    sim.at(sim.slot(0, 0), 5);
    sim.at(sim.slot(0, 1), 6);
    expect(() => sim.run(10)).toThrow('a defect');
    // Outside of a run no time passes, so what the handler threw has ended the run in full.
    expect(sim.tryAdvance(5)).toBe(false);
    expect(sim.run(10)).toBe(1);
    expect(log).toEqual(['5:0.0', '6:0.1']);
  });

  it.each([
    ['an end in the past', (sim: Simulation) => sim.run(4)],
    ['an end that is no time', (sim: Simulation) => sim.run(Number.NaN)],
    ['a negative number of events', (sim: Simulation) => sim.run(9, -1)],
    ['a number of events that is none', (sim: Simulation) => sim.run(9, Number.NaN)],
  ])('refuses to run with %s, and leaves the clock alone', (_, run) => {
    const { sim } = logging([1]);
    sim.run(5);
    expect(() => run(sim)).toThrow(RunError);
    expect(sim.now).toBe(5);
  });

  it('refuses to run inside a run', () => {
    const { sim } = logging([1], (s) => s.run());
    sim.at(sim.slot(0, 0), 1);
    expect(() => sim.run()).toThrow('it runs already');
  });

  it.each([
    [0, -1],
    [0, 2],
    [0, Number.NaN],
    [2, 0],
    [-1, 0],
  ])('refuses the slot (%d, %d), which would be that of another event', (kind, index) => {
    const { sim } = logging([2, 3]);
    expect(() => sim.slot(kind, index)).toThrow(SchedulingError);
  });

  it('has 256 kinds of events at most, each with a whole number of indices', () => {
    const kinds = (n: number, count = 1) =>
      Array.from({ length: n }, () => ({ count, handler: () => {} }));
    const sim = new Simulation(kinds(256));
    expect(sim.kindOf(sim.slot(255, 0))).toBe(255);
    expect(() => new Simulation(kinds(257))).toThrow(SetupError);
    for (const count of [-1, 0.5, Number.NaN]) {
      expect(() => new Simulation(kinds(1, count))).toThrow(SetupError);
    }
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
      for (const time of [7, 9, 10, 11]) passed.push(s.tryAdvance(Math.max(s.now, time)));
      expect(() => s.tryAdvance(s.now - 1)).toThrow(SchedulingError);
      expect(() => s.tryAdvance(Number.NaN)).toThrow(SchedulingError);
    });
    sim.at(sim.slot(0, 0), 5);
    sim.at(sim.slot(1, 0), 10);
    expect(sim.tryAdvance(1)).toBe(false);
    expect(sim.run(9)).toBe(2);
    // Not to 9, where the run ends, nor to 10, where something is due.
    expect(passed).toEqual([true, false, false, false]);
    expect(sim.now).toBe(9);
    sim.at(sim.slot(0, 0), 9);
    sim.run(NEVER, 1);
    expect(passed.slice(4)).toEqual([false, false, false, false]);
    expect(sim.tryAdvance(9)).toBe(false);
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
              if (mayPass && inPlace && sim.tryAdvance(sim.now + length)) continue;
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
