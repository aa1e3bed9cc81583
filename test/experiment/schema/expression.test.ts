import { describe, expect, it } from 'vitest';
import {
  parseCondition,
  parseExpression,
  placeholders,
  type Subjects,
} from '../../../src/experiment/schema/expression.ts';

const SUBJECTS: Subjects = {
  cells: ['upstream/page=1us/ram=1GiB', 'upstream/page=1us/ram=2GiB', 'never/page=1us/ram=1GiB'],
  domains: ['linux', 'hog'],
};
const expression = (text: string) => parseExpression(text, SUBJECTS);
const condition = (text: string) => parseCondition(text, SUBJECTS);
const wrong = (parsed: { ok: boolean; message?: string }) => {
  expect(parsed.ok).toBe(false);
  return 'message' in parsed ? parsed.message : '';
};

describe('expressions', () => {
  it('numbers, durations, and what has been measured in a cell', () => {
    expect(expression('3')).toEqual({ ok: true, value: { value: { number: 3, isTime: false } } });
    expect(expression('2us')).toEqual({
      ok: true,
      value: { value: { number: 2000, isTime: true } },
    });
    expect(expression('never virq.p99')).toEqual({
      ok: true,
      value: {
        value: {
          cell: 'never/page=1us/ram=1GiB',
          quantity: { of: 'latency', kind: 'virq', metric: 'p99' },
        },
      },
    });
  });

  it('two of them with an operator between', () => {
    const parsed = expression('ram=2GiB flushes / ram=2GiB/upstream share.hog');
    expect(parsed).toMatchObject({
      ok: true,
      value: {
        value: {
          operator: '/',
          left: { quantity: { of: 'counter', name: 'flushes' } },
          right: { cell: 'upstream/page=1us/ram=2GiB', quantity: { of: 'share', domain: 'hog' } },
        },
      },
    });
    expect(expression('ram=2GiB guest.linux - 1')).toMatchObject({ ok: true });
  });

  it('several: products first, from the left, or as parentheses say', () => {
    const number = (n: number) => ({ number: n, isTime: false });
    const tree = (text: string) => {
      const parsed = expression(text);
      return parsed.ok ? parsed.value.value : parsed.message;
    };
    expect(tree('1 - 2 - 3 * 4')).toEqual({
      operator: '-',
      left: { operator: '-', left: number(1), right: number(2) },
      right: { operator: '*', left: number(3), right: number(4) },
    });
    expect(tree('( 1 - 2 ) * 3 / ( 4 )')).toEqual({
      operator: '/',
      left: {
        operator: '*',
        left: { operator: '-', left: number(1), right: number(2) },
        right: number(3),
      },
      right: number(4),
    });
    expect(tree('( 1 - 2')).toBe(`expected ')' in "( 1 - 2", found the end`);
    expect(tree('1 - 2 )')).toBe('expected an operator in "1 - 2 )", found )');
    expect(tree('1 - 2 ( 3')).toBe('expected an operator in "1 - 2 ( 3", found (');
    const deep = (levels: number) => `${'( '.repeat(levels)}1${' )'.repeat(levels)}`;
    expect(tree(deep(249))).toEqual(number(1));
    expect(tree(deep(250))).toBe('expected at most 500 words in an expression, found 501');
    expect(tree(deep(100_000))).toContain('found 200001');
    expect(tree('- 1')).toContain('expected CELL QUANTITY');
  });

  it('that are wrong say why', () => {
    expect(wrong(expression('upstream flushes'))).toContain('names 2 cells');
    expect(wrong(expression('ram=3GiB flushes'))).toContain('names no cell');
    expect(wrong(expression('never virq.p98'))).toContain('virq.p98 is no quantity');
    expect(wrong(expression('never share.nobody'))).toContain('is no quantity');
    expect(wrong(expression('never'))).toContain('expected CELL QUANTITY');
    expect(wrong(expression('1 +'))).toContain('expected CELL QUANTITY');
    expect(wrong(expression(''))).toContain('expected CELL QUANTITY');
  });
});

describe('conditions', () => {
  it.each(['<', '<=', '>', '>=', '='])('%s between two expressions', (relation) => {
    expect(condition(`never flushes ${relation} 3`)).toMatchObject({
      ok: true,
      value: { relation, right: { value: { number: 3 } } },
    });
  });

  it('without a relation, or with a side that is wrong', () => {
    expect(wrong(condition('never flushes'))).toContain('expected a comparison with one of');
    expect(wrong(condition('never flushes < much'))).toContain('"much"');
    expect(wrong(condition('few < never flushes'))).toContain('"few"');
  });
});

describe('placeholders', () => {
  it('are what stands between braces', () => {
    expect(placeholders('a {b c} d {e}{f} {} g')).toEqual(['b c', 'e', 'f', '']);
    expect(placeholders('none')).toEqual([]);
  });
});
