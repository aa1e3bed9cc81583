import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settingWith } from '../../../src/report/draw/choose.ts';
import type { PageData } from '../../../src/report/draw/data.ts';
import { policySeries } from '../../../src/report/draw/series.ts';
import { packSteps, unpackSteps } from '../../../src/report/draw/steps.ts';
import { fitted } from '../../../src/report/draw/svg.ts';
import { orderOf } from '../../../src/report/draw/table-order.ts';
import { inNumericOrder } from '../../../src/report/html/level-order.ts';
import { introduction, titleOf } from '../../../src/report/html/title.ts';

describe('series of policies', () => {
  const all = Array.from({ length: 70 }, (_, i) => policySeries(`p${i}`, i));

  it('have a sign of their own up to 14, and a sign or a colour of their own up to 70', () => {
    expect(new Set(all.slice(0, 14).map(({ sign }) => sign)).size).toBe(14);
    expect(new Set(all.map(({ sign, color }) => `${sign} ${color}`)).size).toBe(70);
  });

  it('are drawn as the legend shows them', () => {
    const bySign = new Map<string, string>();
    for (const { sign, shape, fill, color } of all) {
      const drawn = `${shape} ${fill === color ? 'full' : 'hollow'}`;
      expect(bySign.get(sign) ?? drawn).toBe(drawn);
      bySign.set(sign, drawn);
    }
    expect(new Set(bySign.values()).size).toBe(bySign.size);
  });
});

describe('labels', () => {
  it('are shortened in their middle if there is no room for them', () => {
    expect(fitted('never, mean')).toBe('never, mean');
    expect(fitted('a-policy-whose-name-does-not-fit-anywhere, p999')).toBe(
      'a-policy-whose-na…t-anywhere, p999',
    );
    expect(fitted('qemu-icount', 40)).toBe('qe…nt');
    expect(fitted('qemu-icount', 0)).toHaveLength(2);
  });
});

describe('packed distribution functions', () => {
  const steps = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 1, max: 1000 })), {
      minLength: 1,
      maxLength: 3000,
    })
    .map((pairs) => {
      let [value, upTo] = [-1, 0];
      return pairs.map(([more, count]) => {
        value += more;
        upTo += count;
        return { value, upTo };
      });
    });

  it('keep both ends, and every part of the samples within 1 %', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const kept = unpackSteps(packSteps(all));
        expect(kept[0]).toEqual(all[0]);
        expect(kept.at(-1)).toEqual(all.at(-1));
        const count = all.at(-1)?.upTo ?? 0;
        for (const { value, upTo } of all) {
          const known = kept.findLast((step) => step.value <= value)?.upTo ?? 0;
          expect((upTo - known) / count).toBeLessThan(0.01);
        }
      }),
    );
  });

  it('are small, however many steps there are', () => {
    const many = Array.from({ length: 50_000 }, (_, i) => ({ value: 7 * i, upTo: i + 1 }));
    expect(unpackSteps(packSteps(many)).length).toBeLessThan(250);
    expect(packSteps([])).toBe('');
    expect(unpackSteps('')).toEqual([]);
  });
});

describe('the order of a column', () => {
  const sorted = (texts: string[], isDown = false) => orderOf(texts, isDown).map((i) => texts[i]);

  it('is that of times, whatever their units', () => {
    const times = ['2 us', '-', '10 ns', '1.5 ms', '-3 us'];
    expect(sorted(times)).toEqual(['-3 us', '10 ns', '2 us', '1.5 ms', '-']);
    expect(sorted(times, true)).toEqual(['1.5 ms', '2 us', '10 ns', '-3 us', '-']);
  });

  it('is that of numbers, and of letters', () => {
    expect(sorted(['10', '9', '', 'x'])).toEqual(['9', '10', 'x', '']);
    expect(sorted(['upstream/a', 'never/b'])).toEqual(['never/b', 'upstream/a']);
    expect(sorted(['1.477 us ±670 ns', '918 ns ±7 ns'])).toEqual([
      '918 ns ±7 ns',
      '1.477 us ±670 ns',
    ]);
  });

  it('leaves equal ones as they are', () => {
    expect(orderOf(['1 us', '1000 ns', '1 us'], false)).toEqual([0, 1, 2]);
    expect(orderOf(['1 us', '1000 ns', '1 us'], true)).toEqual([0, 1, 2]);
  });
});

describe('levels', () => {
  it('stand in the order of their numbers if all are numbers of one unit', () => {
    expect(inNumericOrder(['512', '64', '4096'])).toEqual(['64', '512', '4096']);
    expect(inNumericOrder(['1ms', '0', '20us'])).toEqual(['0', '20us', '1ms']);
    expect(inNumericOrder(['1GiB', '64MiB'])).toEqual(['64MiB', '1GiB']);
    expect(inNumericOrder(['trap', '20us', '100us'])).toEqual(['trap', '20us', '100us']);
    expect(inNumericOrder(['holes', '4KiB-pages'])).toEqual(['holes', '4KiB-pages']);
  });
});

describe('the setting that a selector leads to', () => {
  const data = {
    cells: [
      { policy: 0, levels: ['a', '1'] },
      { policy: 0, levels: ['b', '1'] },
      { policy: 0, levels: ['a', '2'] },
      { policy: 1, levels: ['b', ''] },
    ],
  } as unknown as PageData;

  it('is the one that agrees most with what is shown', () => {
    expect(settingWith(data, ['a', '1'], 0, 'b')).toEqual(['b', '1']);
    expect(settingWith(data, ['a', '1'], 1, '2')).toEqual(['a', '2']);
    // Of the cells with level 2 none has b.
    expect(settingWith(data, ['b', '1'], 1, '2')).toEqual(['a', '2']);
    // A factor that does not concern a cell stays where it is.
    expect(settingWith(data, ['a', '2'], 0, 'b')).toEqual(['b', '2']);
    expect(settingWith(data, ['a', '1'], 0, 'c')).toBeUndefined();
  });
});

describe('the title', () => {
  it('is what the study asks, and the introduction what else it says', () => {
    const question = 'It waits. Does it matter? How much?\nAll else is told later.\n';
    expect(titleOf(question)).toBe('Does it matter? How much?');
    expect(introduction(question)).toBe('It waits.');
    expect(titleOf('Nothing is asked. Really.\n')).toBe('Nothing is asked. Really.');
    expect(introduction('Nothing is asked. Really.\n')).toBe('');
  });
});
