import { describe, expect, it } from 'vitest';
import { LogFullError, RunLog } from '../../src/traces/run-log.ts';

describe('the log of a run', () => {
  it('keeps what it is given, however much it has to grow', () => {
    const log = new RunLog();
    for (let i = 0; i < 5000; i++) log.push(i % 17, 10 * i, i % 256, i - 2500, 1 - i);
    expect(log.length).toBe(5000);
    for (const i of [0, 1023, 1024, 4999]) {
      const entry = [log.kind(i), log.time(i), log.pcpu(i), log.vcpu(i), log.value(i)];
      expect(entry).toEqual([i % 17, 10 * i, i % 256, i - 2500, 1 - i]);
    }
  });

  it('says how far it came when it is full', () => {
    const log = new RunLog(1500);
    for (let i = 0; i < 1500; i++) log.push(0, i, 0, 0, 0);
    expect(() => log.push(0, 1500, 0, 0, 0)).toThrow(LogFullError);
    expect(() => log.push(0, 1500, 0, 0, 0)).toThrow('more than 1500 events within 1500 ns');
    expect(log.length).toBe(1500);
  });
});
