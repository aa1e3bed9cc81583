import { describe, expect, it } from 'vitest';
import {
  momentTicks,
  partScale,
  plainScale,
  symmetricScale,
  timeScale,
} from '../../../src/report/draw/scales.ts';

describe('axis of times', () => {
  const labels = (values: readonly number[]) =>
    timeScale(values, [0, 100]).ticks.map(({ label }) => label);

  it('has whole decades, at least one', () => {
    expect(labels([250, 12_000])).toEqual(['100 ns', '1 us', '10 us', '100 us']);
    expect(labels([1000])).toEqual(['1 us', '10 us']);
  });

  it('has a place for zero, if there is one, at its beginning', () => {
    expect(labels([0])).toEqual(['0', '1 ns', '10 ns']);
    const scale = timeScale([0, 250, 12_000], [62, 480]);
    expect(scale.at(0)).toBe(62);
    expect(scale.at(100)).toBeGreaterThan(62 + 20);
    expect(scale.at(100_000)).toBeCloseTo(480, 9);
    expect(scale.ticks[0]).toEqual({ at: 62, label: '0' });
  });

  it('labels as many as there is room for', () => {
    expect(labels([1, 1e9]).filter((label) => label !== '')).toEqual([
      '1 ns',
      '100 ns',
      '10 us',
      '1 ms',
      '100 ms',
    ]);
  });

  it('is the same distance for each decade, from one end to the other', () => {
    const { at } = timeScale([100, 99_000], [0, 300]);
    expect([100, 1000, 10_000, 100_000].map(at)).toEqual([0, 100, 200, 300]);
    expect(at(3)).toBe(0);
  });
});

describe('other axes', () => {
  it('of parts go down in decades', () => {
    const { at, ticks } = partScale(0.004, [0, 300]);
    expect(ticks.map(({ label }) => label)).toEqual(['100 %', '10 %', '1 %', '0.1 %']);
    expect(at(0.01)).toBeCloseTo(200, 9);
  });

  it('of plain numbers hold zero and have round ticks', () => {
    const { ticks, at } = plainScale([3, 17], [0, 100], String);
    expect(ticks.map(({ label }) => label)).toEqual(['0', '5', '10', '15', '20']);
    expect(at(20)).toBe(100);
    expect(plainScale([-3, 0], [0, 90], String).ticks[0].label).toBe('-3');
    expect(plainScale([0, 0], [0, 90], String).at(0)).toBe(0);
  });

  it('around zero are symmetric', () => {
    const { ticks, at } = symmetricScale([-50_000, 3], 1000, [0, 400], String);
    expect(at(0)).toBe(200);
    expect(at(-1000) + at(1000)).toBeCloseTo(400, 9);
    expect(at(1e12)).toBe(400);
    expect(ticks.map(({ label }) => label)).toEqual(['-100', '-10', '0', '10', '100']);
  });
});

describe('ticks of moments', () => {
  const labels = (from: number, to: number) => momentTicks(from, to).map(({ label }) => label);

  it('are in one unit, with as many digits as tell them apart', () => {
    expect(labels(-500, 2100)).toEqual(['−0.5 us', '0', '0.5 us', '1.0 us', '1.5 us', '2.0 us']);
    expect(labels(0, 20e6)).toEqual(['0', '5 ms', '10 ms', '15 ms', '20 ms']);
    expect(labels(5_000_100, 5_000_420)).toEqual([
      '5.0001 ms',
      '5.0002 ms',
      '5.0003 ms',
      '5.0004 ms',
    ]);
    expect(labels(-3000, -1000)).toContain('−2.0 us');
  });

  it('differ from each other however far one zooms', () => {
    for (let width = 1e9; width > 1; width /= 2) {
      const all = labels(3e8 - width / 2, 3e8 + width / 2);
      expect(all.length).toBeGreaterThan(1);
      expect(new Set(all).size).toBe(all.length);
    }
  });
});
