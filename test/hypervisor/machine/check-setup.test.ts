import { describe, expect, it } from 'vitest';
import { RunError, SetupError } from '../../../src/engine/errors.ts';
import { NEVER } from '../../../src/engine/time.ts';
import type { MachineSetup, VcpuSetup } from '../../../src/hypervisor/machine/machine-setup.ts';
import { OP_SPIN } from '../../../src/hypervisor/ports.ts';
import { domainsOf, ListGuest, smallMachine } from '../small-machine.ts';

const hog = (more: Partial<VcpuSetup> = {}): VcpuSetup => ({
  guest: new ListGuest([[OP_SPIN]]),
  start: 0,
  ...more,
});

const build = (setup: Partial<MachineSetup>, ...vcpus: VcpuSetup[]) =>
  smallMachine(domainsOf(...vcpus), {}, setup);

describe('a machine', () => {
  it.each<[string, Partial<MachineSetup>, RegExp]>([
    ['without pCPUs', { pcpus: 0 }, /pcpus is 0: expected 1 to/],
    ['of half a pCPU', { pcpus: 1.5 }, /pcpus is 1.5/],
    ['with a slop that is no time', { timers: { slop: Number.NaN } }, /timers.slop is NaN/],
    [
      'with a negative weight',
      { domains: [{ name: 'd', weight: -1, cap: 0, vcpus: [] }] },
      /domains\[0\].weight is -1/,
    ],
  ])('%s is refused', (_, setup, message) => {
    expect(() => build(setup)).toThrow(SetupError);
    expect(() => build(setup)).toThrow(message);
  });

  it.each<[string, Partial<VcpuSetup>, RegExp]>([
    ['may run on a pCPU that is not there', { hardAffinity: [0, 2] }, /names pCPU 2: .* 0 to 1/],
    ['may run nowhere', { hardAffinity: [] }, /hardAffinity is empty/],
    ['prefers a pCPU that is not there', { softAffinity: [-1] }, /softAffinity names pCPU -1/],
    ['starts between two nanoseconds', { start: 0.5 }, /start is 0.5/],
    ['starts before boot', { start: -1 }, /start is -1/],
  ])('with a vCPU that %s is refused', (_, vcpu, message) => {
    expect(() => build({ pcpus: 2 }, hog(), hog(vcpu))).toThrow(message);
    expect(() => build({ pcpus: 2 }, hog(), hog(vcpu))).toThrow('domains[1].vcpus[0]');
  });

  it('with several mistakes is refused for all of them at once', () => {
    const wrong = () => build({ pcpus: 2 }, hog({ start: Number.NaN, hardAffinity: [7] }));
    expect(wrong).toThrow(/start is NaN.*\n.*names pCPU 7/);
  });

  it('that is sound is built: a vCPU may never start', () => {
    expect(build({ pcpus: 2 }, hog({ start: NEVER, hardAffinity: [1] })).vcpus).toHaveLength(1);
  });

  it('does not run backwards, nor to no time', () => {
    const machine = build({}, hog());
    machine.run(10);
    expect(() => machine.run(9)).toThrow(RunError);
    expect(() => machine.run(Number.NaN)).toThrow(RunError);
    expect(machine.now).toBe(10);
    machine.run(20);
    expect(machine.now).toBe(20);
  });
});
