import { describe, expect, it } from 'vitest';
import { estimate } from '../../src/analysis/summary.ts';
import { intervalText, Values } from '../../src/analysis/values.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { parseCondition, parseExpression } from '../../src/experiment/schema/expression.ts';
import { parseQuantity } from '../../src/experiment/schema/quantity.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { experiment } from '../parts/small-study.ts';

const STUDY = experiment(`
duration: 40ms
machine: {costs: zero, scheduler: "null"}
domains:
  a: {memory: {ram: 2MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [[set-way, 5], [run, 10ms]]}}]}
  b: {vcpus: [{guest: hog, start: 1000s}]}
policies:
  limited: {before: true, during: {threshold: 512}}
  every: {before: true, during: {threshold: 512}, traps: every-op}
`);
const RESULTS = STUDY.cells.map((cell) =>
  cellResult(cell, [
    { ok: true, replication: 0, result: replicate(cell.setup, 1, 0) },
    { ok: true, replication: 1, result: replicate(cell.setup, 1, 1) },
    { ok: false, replication: 2, message: 'failed' },
  ]),
);
const subjects = { cells: STUDY.cells.map(({ id }) => id), domains: ['a', 'b'] };
const values = new Values(RESULTS);

function text(written: string): string {
  const parsed = parseExpression(written, subjects);
  if (!parsed.ok) throw new Error(parsed.message);
  return values.text(parsed.value);
}
function holds(written: string): boolean {
  const parsed = parseCondition(written, subjects);
  if (!parsed.ok) throw new Error(parsed.message);
  return values.holds(parsed.value);
}

describe('values of cells', () => {
  it('counters, times, shares, and what is made of two of them', () => {
    expect(text('limited flushes')).toBe('1');
    expect(text('every flushes + limited flushes')).toBe('6');
    expect(text('every flushes * 2')).toBe('10');
    expect(text('every flushes / limited flushes')).toBe('5');
    expect(text('limited guest.a')).toBe('25 %');
    expect(text('limited share.a')).toBe('100 %');
    expect(text('limited batch.max - 2us')).toBe('-2 us');
    // Time by time is a ratio, and a share by a share.
    expect(text('4us / 2us')).toBe('2');
    expect(text('every guest.a / limited guest.a')).toBe('1');
    expect(text('limited guest.a / 2')).toBe('12.5 %');
    expect(text('100 - limited guest.a')).toBe('75 %');
    expect(text('4us / 2')).toBe('2 us');
    expect(text('( 4us - 1us ) * 2us / 3us')).toBe('2 us');
    expect(text('4us / 2us * 3')).toBe('6');
    expect(text('4us * ( 1 / 2us ) - 1')).toBe('1');
  });

  it('that nobody measured', () => {
    expect(text('limited boot.mean')).toBe('-');
    expect(holds('limited boot.mean < 1s')).toBe(false);
    expect(holds('limited boot.mean >= 0')).toBe(false);
  });

  it('compare', () => {
    const all = ['<', '<=', '>', '>=', '='].map((relation) =>
      holds(`limited flushes ${relation} every flushes`),
    );
    expect(all).toEqual([true, true, false, false, false]);
    expect(['<', '<=', '>', '>=', '='].map((each) => holds(`1 ${each} 1`))).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  it('quantiles with the interval that summary.csv has, which is not symmetric', () => {
    const study = experiment(`
duration: 40ms
domains:
  hog: {vcpus: [{guest: hog}]}
  waker: {vcpus: [{guest: {name: poisson-waker, mean: 500us, run: 50us}}]}
measure: {latencies: [virq]}
`);
    const [cell] = study.cells;
    const outcomes = Array.from({ length: 8 }, (_, replication) => {
      const result = replicate(cell.setup, 1, replication);
      return { ok: true as const, replication, result };
    });
    const result = cellResult(cell, outcomes);
    const own = new Values([result]);
    for (const metric of ['mean', 'p50', 'p90'] as const) {
      const { lo, hi, estimate: value } = estimate(result, 'virq', metric);
      expect(own.of(cell.id, { of: 'latency', kind: 'virq', metric })).toMatchObject({ lo, hi });
      if (metric !== 'mean') expect(Math.abs(hi + lo - 2 * value)).toBeGreaterThan(1);
    }
  });

  it('in a table: with half their interval if they have one', () => {
    const shown = (name: string, lo: number, hi: number, n = 2) => {
      const quantity = parseQuantity(name, ['a']);
      if (quantity === undefined) throw new Error(name);
      return intervalText({ estimate: 1500, lo, hi, n }, quantity);
    };
    expect(shown('flushes', 1400, 1600)).toBe('1500 ±100');
    expect(shown('virq.mean', 1400, 1600)).toBe('1.5 us ±100 ns');
    expect(shown('share.a', 1500, 1500)).toBe('1500 %');
    expect(shown('virq.max', Number.NaN, Number.NaN)).toBe('1.5 us');
    expect(shown('virq.max', Number.NaN, Number.NaN, 0)).toBe('-');
  });
});
