import { GuestCpu, type Operation, type Program } from '../../src/guests/program.ts';
import { CpuMask } from '../../src/hypervisor/machine/cpu-mask.ts';
import { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../src/hypervisor/probe.ts';

/** Notes what guests measure and count. */
export class Notes extends Probe {
  readonly samples: [kind: string, latency: number][] = [];
  readonly counts: [name: string, count: number][] = [];

  override guestSample(_vcpu: Vcpu, kind: string, latency: number): void {
    this.samples.push([kind, latency]);
  }
  override guestCounted(_vcpu: Vcpu, name: string, count: number): void {
    this.counts.push([name, count]);
  }
}

export const vcpu = (id = 0) => new Vcpu(id, 0, CpuMask.all(1), undefined, undefined);

/** Carries out the first `most` operations of a program, each in `length` ns; returns them. */
export function drive(
  program: (cpu: GuestCpu) => Program,
  most: number,
  notes = new Notes(),
  length = 100,
): Operation[] {
  const cpu = new GuestCpu();
  const running = program(cpu);
  const of = vcpu();
  const done: Operation[] = [];
  for (let now = 0; done.length < most; now += length) {
    cpu.goOn(of, now, notes);
    const { value } = running.next();
    if (value === undefined) break;
    done.push(value);
  }
  return done;
}
