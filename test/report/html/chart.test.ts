import { describe, expect, it } from 'vitest';
import { fitted, policySeries, timeAxis } from '../../../src/report/html/chart.ts';

describe('series of policies', () => {
  const all = Array.from({ length: 70 }, (_, i) => policySeries(`p${i}`, i));

  it('have a sign of their own up to 14, and a sign or a colour of their own up to 70', () => {
    expect(new Set(all.slice(0, 14).map(({ sign }) => sign)).size).toBe(14);
    expect(new Set(all.map(({ sign, color }) => `${sign} ${color}`)).size).toBe(70);
  });

  it('are drawn as the legend shows them', () => {
    const bySign = new Map<string, string>();
    for (const { sign, symbol, rotate, fill, color } of all) {
      const drawn = `${symbol} ${rotate} ${fill === color ? 'full' : 'hollow'}`;
      expect(bySign.get(sign) ?? drawn).toBe(drawn);
      bySign.set(sign, drawn);
    }
    expect(new Set(bySign.values()).size).toBe(bySign.size);
  });
});

describe('axis of times', () => {
  const labels = (values: readonly number[]) => {
    const { ticks, tickFormat } = timeAxis(values);
    return ticks.map((tick) => tickFormat(tick));
  };

  it('has whole decades, at least one', () => {
    expect(labels([250, 12_000])).toEqual(['100 ns', '1 us', '10 us', '100 us']);
    expect(labels([1000])).toEqual(['1 us', '10 us']);
    expect(labels([0])).toEqual(['1 ns', '10 ns']);
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
});

describe('labels', () => {
  it('are shortened in their middle if there is no room for them', () => {
    expect(fitted('never, mean')).toBe('never, mean');
    expect(fitted('a-policy-whose-name-does-not-fit-anywhere, p999')).toBe(
      'a-policy-whose-na…t-anywhere, p999',
    );
    expect(fitted('qemu-icount', 40)).toBe('qem…nt');
    expect(fitted('qemu-icount', 0)).toHaveLength(2);
  });
});
