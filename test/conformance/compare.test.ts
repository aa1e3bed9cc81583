import { describe, expect, it } from 'vitest';
import { firstDifference, formatDifference } from '../../src/conformance/compare.ts';

const records = Array.from({ length: 30 }, (_, i) => `{"ev":"x","t":${i}}`);

describe('firstDifference', () => {
  it('finds none between equal records, whatever the order of keys', () => {
    expect(firstDifference(records, [...records])).toBeUndefined();
    expect(firstDifference(['{"a":1,"b":[2]}'], ['{"b":[2],"a":1}'])).toBeUndefined();
  });

  it('finds the first, with ten records of context', () => {
    const other = [...records];
    other[20] = '{"ev":"x","t":99}';
    other[25] = '{}';
    const difference = firstDifference(records, other);
    expect(difference).toMatchObject({ line: 21, expected: records[20], actual: other[20] });
    expect(difference?.before).toEqual(records.slice(10, 20));
    expect(difference?.after).toEqual(records.slice(21, 30));
  });

  it('finds a field too many, a record missing and a record too many', () => {
    expect(firstDifference(['{"a":1}'], ['{"a":1,"b":2}'])).toMatchObject({ line: 1 });
    expect(firstDifference(records, records.slice(0, -1))).toMatchObject({
      line: 30,
      actual: undefined,
    });
    expect(firstDifference(records.slice(0, -1), records)).toMatchObject({
      line: 30,
      expected: undefined,
    });
  });

  it('is shown with line numbers and both sides', () => {
    const difference = firstDifference(['{"a":1}', '{"a":2}'], ['{"a":1}', '{"a":3}']);
    const text = difference && formatDifference(difference);
    expect(text?.split('\n')).toEqual([
      '       1   {"a":1}',
      '       2 x {"a":2}',
      '       2 s {"a":3}',
      '  x = recorded from Xen, s = this simulator',
    ]);
  });
});
