import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProgramGuest } from '../../src/guests/program.ts';
import type { JobRun } from '../../src/hypervisor/jobs/job-run.ts';
import * as ports from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { PlainWork, smallMachine } from '../hypervisor/small-machine.ts';
import { automaton, type Op } from './automaton.ts';
import { experiment, latencies, run, study } from './small-study.ts';

/** What the machine makes of `ops` of a vCPU that another one starts again whenever it is off. */
function onMachine(ops: readonly Op[]) {
  let flushes = 0;
  class Flushes extends Probe {
    override jobDone({ job }: JobRun): void {
      if (job.name === 'flush') flushes++;
    }
  }
  const guest = new ProgramGuest(function* () {
    for (const [op, operand = 1] of ops) {
      yield { op: ports.OP_RUN, operand: 10 };
      yield { op, operand };
    }
    yield { op: ports.OP_SPIN, operand: 0 };
  });
  const starter = new ProgramGuest(function* () {
    for (;;) {
      yield { op: ports.OP_BLOCK, operand: 100 };
      yield { op: ports.OP_CPU_ON, operand: 0 };
    }
  });
  const vcpus = [
    { guest, start: 0, hardAffinity: [0], work: { flush: new PlainWork(2, 5) } },
    { guest: starter, start: 0, hardAffinity: [1] },
  ];
  const machine = smallMachine(
    [{ name: 'd', weight: 256, cap: 0, vcpus }],
    {},
    { pcpus: 2, probe: new Flushes() },
  );
  machine.run(20_000);
  expect(machine.vcpus[0].op, 'the program is done').toBe(ports.OP_SPIN);
  return { flushes, traps: machine.pcpus[0].trapCount };
}

const op: fc.Arbitrary<Op> = fc.oneof(
  fc.integer({ min: 1, max: 20 }).map((n): Op => [ports.OP_SET_WAY, n]),
  fc
    .constantFrom(
      ports.OP_CACHES_OFF,
      ports.OP_CACHES_ON,
      ports.OP_VM_REGISTER,
      ports.OP_VM_REGISTER,
      ports.OP_CPU_OFF,
    )
    .map((code): Op => [code]),
);

/** Flushes of a guest that does `ops` once. */
const flushesOf = (ops: string) =>
  run(
    experiment(`
duration: 10ms
machine: {xen: "4.17", costs: zero, scheduler: "null"}
domains: {a: {memory: {ram: 2MiB}, vcpus: [{guest: {name: program, repeat: false, ops: [${ops}]}}]}}
`),
  ).counters.flushes;

describe('trap of VM registers (`HCR_EL2.TVM`), cache on/off detection', () => {
  it('any sequence flushes and traps as often as the automaton says', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 40 }), (ops) => {
        expect(onMachine(ops)).toEqual(automaton(ops));
      }),
      { numRuns: 150 },
    );
  });

  it('a loop with a write to TTBR0 anywhere in it: twice if the caches are on, once if they are off', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(512, 8704, 33_280),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (loop, at) => {
          const before = Math.min(loop - 1, 1 + Math.floor(at * (loop - 1)));
          const after = loop - before;
          const middle = `[set-way, ${before}], [vm-register], [set-way, ${after}]`;
          expect(flushesOf(middle)).toBe(2);
          // Turning them off is the second one; then the register changes nothing.
          expect(flushesOf(`[set-way, 1], [caches, off], ${middle}`)).toBe(2);
        },
      ),
      { numRuns: 6 },
    );
    expect(flushesOf('[vm-register], [set-way, 512]')).toBe(1);
    expect(flushesOf('[set-way, 512], [vm-register], [caches, off], [caches, on]')).toBe(1);
  });

  it('a write to TTBR0 while TVM is set takes 448 ns, as measured', () => {
    const result = run(
      experiment(`
duration: 10ms
machine: {xen: "4.17", costs: qemu-icount, scheduler: "null"}
domains: {a: {vcpus: [{guest: {name: program, repeat: false, ops: [[set-way, 1], [vm-register], [vm-register]]}}]}}
`),
    );
    // The first write ends the trapping.
    expect(latencies(result, 'toggle')).toEqual([448, 0]);
  });

  it('its study has a cell for each place of the write', () => {
    const places = study('set-way-loops').factors[0].levels.filter((level) => /^ttbr0/.test(level));
    expect(places).toEqual(['ttbr0-before', 'ttbr0-middle', 'ttbr0-after', 'ttbr0-while-off']);
  });
});
