import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';

/** How one scheduler's state appears in the records: pieces of JSON, in the recorded order of keys. */
export interface RecordFormat {
  /** Fields of a `sched` record: of `prev`, then of `next`; each starts with a comma. */
  decision(prev: Vcpu, next: Vcpu): string;
  /** Fields of a `wake` record; starts with a comma, or empty. */
  wake(vcpu: Vcpu): string;
  /** The state of a vCPU in `init` and `end`. */
  state(vcpu: Vcpu): string;
  /** The whole record of a timer handler of the scheduler; undefined: none is written. */
  timer(kind: number, index: number): string | undefined;
  /** With a topology: what `init`, `did` and `end` say of each pCPU besides; starts with a comma. */
  perPcpu?(): string;
  /** The whole record of an event that only this scheduler has. */
  event?(name: string, pcpu: number): string;
}

/** Makes the format for a machine, once it exists. */
export type RecordFormatFactory = (machine: Machine) => RecordFormat;
