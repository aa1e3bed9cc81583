import { expect, it } from 'vitest';
import { counted } from '../../src/input/counted.ts';

it('counts one thing as one', () => {
  expect(counted(1, 'cell')).toBe('1 cell');
  expect(counted(0, 'cell')).toBe('0 cells');
  expect(counted(2, 'pCPU')).toBe('2 pCPUs');
  expect(counted('17,893', 'flush', 'flushes')).toBe('17,893 flushes');
  expect(counted('1', 'flush', 'flushes')).toBe('1 flush');
});
