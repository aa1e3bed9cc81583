import { describe, expect, it } from 'vitest';
import { closest } from '../../src/input/closest.ts';

const KEYS = ['pcpus', 'scheduler', 'timers', 'timer_slop', 'costs'];

describe('closest', () => {
  it.each([
    ['pcpu', 'pcpus'],
    ['pcups', 'pcpus'],
    ['shceduler', 'scheduler'],
    ['timer-slop', 'timer_slop'],
    ['Costs', 'costs'],
    ['timer', 'timers'],
  ])('takes %s for %s', (word, meant) => {
    expect(closest(word, KEYS)).toBe(meant);
  });

  it.each(['weight', '', 'x', 'p'.repeat(100_000)])('has no idea about %.10s', (word) => {
    expect(closest(word, KEYS)).toBeUndefined();
  });

  it('does not suggest the word itself', () => {
    expect(closest('costs', KEYS)).toBeUndefined();
  });
});
