import { describe, expect, it } from 'vitest';
import { NEVER } from '../../src/engine/time.ts';
import { Linux32, type Linux32Event } from '../../src/guests/linux32.ts';
import { type GuestCpu, type Program, ProgramGuest } from '../../src/guests/program.ts';
import type { JobRun } from '../../src/hypervisor/jobs/job-run.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { PlainWork, smallMachine } from '../hypervisor/small-machine.ts';
import { automaton, type Op } from './automaton.ts';
import { experiment, run, study } from './small-study.ts';

const CACHE = { l1: 16, all: 48 };

/** A Linux with `cpus` CPUs whose caches are small: its flushes, and the operations of each of its CPUs. */
function linux(cpus: number, events: readonly Linux32Event[]) {
  const ops: Op[][] = Array.from({ length: cpus }, () => []);
  let flushes = 0;
  class Flushes extends Probe {
    override jobDone({ job }: JobRun): void {
      if (job.name === 'flush') flushes++;
    }
  }
  function* noted(program: Program, of: Op[]): Program {
    for (const operation of program) {
      of.push([operation.op, operation.operand]);
      yield operation;
    }
  }
  const setup = { cache: CACHE, decompress: 1000, init: 1000, firstGfn: 0, blocks: 1, events };
  const kernel = new Linux32(setup, 0, cpus);
  const program = (index: number) => (cpu: GuestCpu) =>
    noted(index === 0 ? kernel.bootCpu(cpu) : kernel.secondaryCpu(cpu, index), ops[index]);
  const vcpus = ops.map((_, index) => ({
    guest: new ProgramGuest(program(index)),
    start: index === 0 ? 0 : NEVER,
    work: { flush: new PlainWork(2, 5) },
  }));
  const setups = [{ name: 'linux', weight: 256, cap: 0, vcpus }];
  smallMachine(setups, {}, { pcpus: 2, probe: new Flushes() }).run(2e9);
  const expected = ops.reduce((sum, of, index) => sum + automaton(of, index > 0).flushes, 0);
  return { flushes, expected };
}

describe('the KVM policy that limits the number of flushes', () => {
  it('a boot of Linux: 3 flushes, and 2 for each CPU that it brings up', () => {
    for (const cpus of [1, 2, 4]) {
      const { flushes, expected } = linux(cpus, []);
      expect(flushes).toBe(3 + 2 * (cpus - 1));
      expect(flushes).toBe(expected);
    }
  });

  it('hotplug: one flush as a CPU goes down, and 1 as it comes up again', () => {
    for (const cpus of [2, 4]) {
      const { flushes, expected } = linux(cpus, ['hotplug']);
      expect(flushes).toBe(3 + 4 * (cpus - 1));
      expect(flushes).toBe(expected);
    }
  });

  it('suspend: one more; kexec: two, and the 4 of a boot that finds VM registers trapped', () => {
    for (const [event, more] of [
      ['suspend', 1],
      ['kexec', 6],
    ] as const) {
      const { flushes, expected } = linux(1, [event]);
      expect(flushes).toBe(3 + more);
      expect(flushes).toBe(expected);
    }
    const all = linux(3, ['suspend', 'kexec', 'hotplug', 'suspend']);
    expect(all.flushes).toBe(all.expected);
  });

  it('against every operation and none', () => {
    const counts = (traps: string) => {
      const { counters } = run(
        experiment(`
duration: 50ms
machine: {costs: zero, scheduler: "null"}
domains:
  a: {memory: {ram: 2MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [[set-way, 100], [caches, off], [set-way, 100], [caches, on]]}}]}
policies: {p: {before: true, during: {threshold: 512}, traps: ${traps}}}
`),
      );
      return [counters.flushes, counters.traps, counters.pages_flushed];
    };
    expect(counts('limited')).toEqual([3, 203, 3 * 512]);
    expect(counts('every-op')).toEqual([202, 203, 202 * 512]);
    expect(counts('none')).toEqual([0, 1, 0]);
  });

  it('its study loads', () => {
    expect(study('set-way-policies').policies).toEqual(['upstream', 'every-op', 'untrapped']);
  });
});
