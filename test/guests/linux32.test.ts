import { describe, expect, it } from 'vitest';
import { BRING_UP_TIMEOUT, Linux32 } from '../../src/guests/linux32.ts';
import * as ports from '../../src/hypervisor/ports.ts';
import { drive, Notes } from './drive.ts';

const SETUP = {
  cache: { l1: 512, all: 8704 },
  decompress: 1000,
  init: 100,
  firstGfn: 0,
  blocks: 0,
  events: [],
} as const;

const cacheOps = (ops: readonly { op: number; operand: number }[]) =>
  ops.flatMap(({ op, operand }): (number | string)[] => {
    if (op === ports.OP_SET_WAY) return [operand];
    if (op === ports.OP_CACHES_OFF) return ['off'];
    if (op === ports.OP_CACHES_ON) return ['on'];
    return op === ports.OP_VM_REGISTER ? ['vm'] : [];
  });
const RESET = [512, 'vm', 'vm', 'vm', 'vm', 'vm', 'vm', 'on'];

describe('a 32-bit Linux', () => {
  it('boots: on, clean all, off, clean all, then as from reset', () => {
    const notes = new Notes();
    const ops = drive((cpu) => new Linux32(SETUP, 0, 1).bootCpu(cpu), 20, notes);
    expect(cacheOps(ops)).toEqual(['on', 8704, 'off', 8704, ...RESET]);
    expect(notes.samples.at(-1)?.[0]).toBe('boot');
    expect(ops.at(-1)?.op).toBe(ports.OP_WFI);
  });

  it('another CPU invalidates its first level, turns its caches on and says so', () => {
    const ops = drive((cpu) => new Linux32(SETUP, 3, 2).secondaryCpu(cpu, 1), 12);
    expect(cacheOps(ops)).toEqual(RESET);
    expect(ops.filter(({ op }) => op === ports.OP_SEND_SGI)[0].operand).toBe(3);
  });

  it('waits a second for a CPU that does not come, and goes on without it', () => {
    const notes = new Notes();
    const kernel = new Linux32(SETUP, 0, 2);
    drive((cpu) => kernel.bootCpu(cpu), 40, notes, BRING_UP_TIMEOUT / 4);
    expect(notes.counts).toEqual([
      ['bring_ups', 1],
      ['bring_up_timeouts', 1],
    ]);
    expect(notes.samples.some(([kind]) => kind === 'bring_up')).toBe(false);
  });

  it('sleeps with a clean first level, loads another with caches off', () => {
    const onceBooted = (event: 'suspend' | 'kexec', most: number) => {
      const kernel = new Linux32({ ...SETUP, events: [event] }, 0, 1);
      const boot = ['on', 8704, 'off', 8704, ...RESET].length;
      return cacheOps(drive((cpu) => kernel.bootCpu(cpu), most)).slice(boot);
    };
    expect(onceBooted('suspend', 30)).toEqual([512, 'vm']);
    expect(onceBooted('kexec', 60)).toEqual([8704, 'off', 8704, 'on', 8704, 'off', 8704, ...RESET]);
  });
});
