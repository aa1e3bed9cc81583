import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { type Interval, meanInterval } from '../../src/stats/interval.ts';
import { stoppingDecision } from '../../src/stats/stopping.ts';
import { normalQuantile } from '../../src/stats/student-t.ts';

const RULE = { width: 10, atMost: 20, atLeast: 5 };
const of = (width: number, n: number): Interval => ({ estimate: 0, lo: 0, hi: width, n });

describe('stoppingDecision', () => {
  it('stops when every interval is narrower than the width', () => {
    expect(stoppingDecision(RULE, [of(9.9, 5), of(3, 5)])).toBe('reached');
    expect(stoppingDecision(RULE, [of(9.9, 5), of(10, 5)])).toBe('continue');
  });

  it('does not stop before the fewest replications of any cell', () => {
    expect(stoppingDecision(RULE, [of(1, 9), of(1, 4)])).toBe('continue');
  });

  it('gives up at the most replications', () => {
    expect(stoppingDecision(RULE, [of(50, 20), of(1, 20)])).toBe('exhausted');
    expect(stoppingDecision(RULE, [of(1, 20)])).toBe('reached');
    expect(stoppingDecision(RULE, [of(Number.NaN, 20)])).toBe('exhausted');
  });

  it('refuses rules that cannot be meant', () => {
    expect(() => stoppingDecision({ ...RULE, width: 0 }, [of(1, 5)])).toThrow('width');
    expect(() => stoppingDecision({ ...RULE, atLeast: 1 }, [of(1, 5)])).toThrow('atLeast');
    expect(() => stoppingDecision({ ...RULE, atMost: 4 }, [of(1, 5)])).toThrow('atMost');
  });

  it('stops in time: intervals after it still cover, a little less than nominally', () => {
    // Batches of 5, from 10 on, until the interval of a normal mean is narrower than 0.8 (about 26 values).
    let covered = 0;
    let replications = 0;
    const studies = 600;
    for (let s = 0; s < studies; s++) {
      const { uniform } = randomStream(10, s, 'stopping');
      const seen: number[] = [];
      let interval: Interval;
      do {
        for (let i = 0; i < 5; i++) seen.push(normalQuantile(uniform()));
        interval = meanInterval(seen);
      } while (
        stoppingDecision({ width: 0.8, atMost: 200, atLeast: 10 }, [interval]) === 'continue'
      );
      if (interval.lo <= 0 && interval.hi >= 0) covered++;
      replications += interval.n;
    }
    expect(covered / studies).toBeGreaterThan(0.9);
    expect(covered / studies).toBeLessThan(0.965);
    expect(replications / studies).toBeGreaterThan(20);
    expect(replications / studies).toBeLessThan(30);
  });
});

it('allows the least of everything', () => {
  const rule = { width: 1, atLeast: 2, atMost: 2 };
  expect(stoppingDecision(rule, [of(2, 2)])).toBe('exhausted');
  expect(stoppingDecision(rule, [of(0.5, 2)])).toBe('reached');
});
