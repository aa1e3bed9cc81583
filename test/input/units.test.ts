import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatFrequency,
  formatSize,
  parseDuration,
  parseFrequency,
  parseMean,
  parsePercent,
  parseSize,
} from '../../src/input/units.ts';

function value(parsed: ReturnType<typeof parseDuration>): number | string {
  return parsed.ok ? parsed.value : parsed.hint;
}

describe('frequencies', () => {
  it('are whole numbers of Hz with a unit', () => {
    expect(value(parseFrequency('62.5MHz'))).toBe(62_500_000);
    expect(value(parseFrequency('1GHz'))).toBe(1e9);
    expect(value(parseFrequency(62))).toContain('add a unit (Hz, kHz, MHz, GHz)');
    expect(value(parseFrequency('0.5Hz'))).toContain('not a whole number of Hz');
    expect([62_500_000, 54_000_000].map(formatFrequency)).toEqual(['62500kHz', '54MHz']);
  });
});

describe('mean durations', () => {
  it.each([
    ['374.6875ns', 374.6875],
    ['1.5us', 1500],
    ['2s', 2e9],
    [0, 0],
  ])('reads %s', (text, ns) => {
    expect(value(parseMean(text))).toBe(ns);
  });

  it('refuses what is no duration', () => {
    expect(value(parseMean(5))).toContain('add a unit');
    expect(value(parseMean('-1us'))).toContain('must not be negative');
    expect(value(parseMean('1.5'))).toContain('add a unit');
  });
});

describe('durations', () => {
  it.each([
    ['10ms', 10_000_000],
    ['52us', 52_000],
    ['1.5s', 1_500_000_000],
    ['300ns', 300],
    ['0.1us', 100],
    ['0', 0],
    [0, 0],
    ['0s', 0],
    ['9007199254740991ns', Number.MAX_SAFE_INTEGER],
  ])('reads %s', (text, ns) => {
    expect(value(parseDuration(text))).toBe(ns);
  });

  it.each([
    [10, 'add a unit (ns, us, ms, s)'],
    ['10', 'add a unit (ns, us, ms, s)'],
    [-5, 'add a unit'],
    ['-5ms', 'must not be negative'],
    ['0.5ns', 'not a whole number of nanoseconds'],
    ['9007199254740992ns', 'too large'],
    ['99999999999999999999s', 'too large'],
    ['ten ms', 'a number and a unit'],
    ['', 'a number and a unit'],
    [null, 'a number and a unit'],
    [[1], 'a number and a unit'],
    ['1e3ms', 'a number and a unit'],
    ['5min', '"min" is not one of its units'],
    ['5MiB', '"MiB" is not one of its units'],
  ])('refuses %s and says why', (text, hint) => {
    expect(value(parseDuration(text))).toContain(hint);
  });

  it.each([
    ['10µs', '10us'],
    ['10 ms', '10ms'],
    ['10MS', '10ms'],
    ['+1s', '1s'],
    ['1.5sec', '1.5s'],
  ])('suggests the right spelling of %s', (text, suggestion) => {
    expect(parseDuration(text)).toMatchObject({ ok: false, suggestion });
  });

  it('reads what it writes, and writes the largest whole unit', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (ns) => {
        expect(value(parseDuration(formatDuration(ns)))).toBe(ns);
      }),
    );
    expect([0, 999, 1000, 1_500_000, 2e9].map(formatDuration)).toEqual([
      '0',
      '999ns',
      '1us',
      '1500us',
      '2s',
    ]);
  });

  it('is exact for every decimal: fraction digits move the point, nothing is rounded', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.nat(999_999_999), (seconds, ns) => {
        const text = `${seconds}.${String(ns).padStart(9, '0')}s`;
        expect(value(parseDuration(text))).toBe(seconds * 1e9 + ns);
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['4KiB', 4096],
    ['64MiB', 67_108_864],
    ['1GiB', 1_073_741_824],
    ['1.5MiB', 1_572_864],
    ['1TiB', 2 ** 40],
    [0, 0],
  ])('reads %s', (text, bytes) => {
    expect(value(parseSize(text))).toBe(bytes);
  });

  it('refuses bare numbers, decimal units and fractions of bytes', () => {
    expect(value(parseSize(4096))).toContain('add a unit (KiB, MiB, GiB, TiB)');
    expect(parseSize('64MB')).toMatchObject({ ok: false, suggestion: '64MiB' });
    expect(parseSize('1gib')).toMatchObject({ ok: false, suggestion: '1GiB' });
    expect(value(parseSize('0.0001KiB'))).toContain('not a whole number of bytes');
  });

  it('writes the largest whole unit', () => {
    expect([4096, 2 ** 20, 3 * 2 ** 19, 2 ** 30, 5].map(formatSize)).toEqual([
      '4KiB',
      '1MiB',
      '1536KiB',
      '1GiB',
      '5 bytes',
    ]);
  });
});

describe('percentages', () => {
  it('reads fractions of 1 from 0% to 100%', () => {
    expect(['1%', '0.5%', '100%', 0].map((text) => value(parsePercent(text)))).toEqual([
      0.01, 0.005, 1, 0,
    ]);
  });

  it('refuses what has no percent sign or is out of range', () => {
    expect(parsePercent(1)).toMatchObject({ ok: false, suggestion: '1%' });
    expect(parsePercent('101%').ok).toBe(false);
    expect(parsePercent('-1%').ok).toBe(false);
  });
});
