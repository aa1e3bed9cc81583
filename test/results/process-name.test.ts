import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  isDead,
  type ProcessName,
  parseProcess,
  processText,
  startOf,
  thisProcess,
} from '../../src/results/process-name.ts';

const me: ProcessName = {
  host: 'a-host-1',
  machine: '0123456789ab',
  boot: 'ba9876543210',
  space: '4026531836',
  pid: 17,
  start: 4711,
};
const runs = (pid: number) => (pid === 17 ? 4711 : undefined);

describe('the name of a process', () => {
  it('is read as it was written, and nothing else is', () => {
    for (const name of [me, thisProcess(), { ...me, machine: '', boot: '', space: '' }]) {
      expect(parseProcess(processText(name))).toEqual(name);
    }
    expect(parseProcess('host-17-3')).toBeUndefined();
    expect(parseProcess('')).toBeUndefined();
  });

  it('fits into the name of a file', () => {
    expect(processText({ ...me, host: 'h'.repeat(64) }).length).toBeLessThan(200);
  });
});

describe('a process is dead for certain', () => {
  it.each<[string, Partial<ProcessName>, boolean]>([
    ['not if it runs', {}, false],
    ['if no process has its number', { pid: 18 }, true],
    ['if the process of its number started at another time', { start: 1 }, true],
    ['not on another host', { pid: 18, host: 'b' }, false],
    ['not on another machine of the same host name', { pid: 18, machine: '' }, false],
    ['not in another PID namespace', { pid: 18, space: '4026532000' }, false],
    ['if the machine has started anew since', { boot: '000000000000' }, true],
  ])('%s', (_, change, dead) => {
    expect(isDead({ ...me, ...change }, me, runs)).toBe(dead);
  });

  it('not in a container, after a restart of what may be another machine', () => {
    const container = { ...me, space: '4026532000' };
    expect(isDead({ ...container, boot: '000000000000' }, container, runs)).toBe(false);
    const unknown = { ...me, machine: '' };
    expect(isDead({ ...unknown, boot: '000000000000' }, unknown, runs)).toBe(false);
  });

  it('by what the system says', () => {
    expect(startOf(process.pid)).toBe(thisProcess().start);
    expect(startOf(spawnSync('true').pid)).toBeUndefined();
  });
});
