import { GUEST, HYPERVISOR, INTERRUPT } from '../../src/hypervisor/cpu/pcpu-mode.ts';
import type { Recorded } from './timelines.ts';

/** A slice of a track. */
export interface Slice {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** How many slices it is in. */
  readonly depth: number;
}

const INTERRUPTS = ['hypervisor timer interrupt', 'virtual timer interrupt', 'SGI'];

/** Time that a pCPU spends in guests, in the hypervisor and in interrupts, by its slices. */
export function modeTimes(slices: readonly Slice[]): number[] {
  const sum = (which: (slice: Slice) => boolean) =>
    slices.filter(which).reduce((total, { from, to }) => total + to - from, 0);
  const isInterrupt = ({ name }: Slice) => INTERRUPTS.includes(name);
  return [
    sum(({ name }) => name.startsWith('guest ')),
    sum(({ name }) => name === 'hypervisor') -
      sum((slice) => isInterrupt(slice) && slice.depth > 0),
    sum(isInterrupt),
  ];
}

/** The same of each pCPU, as the simulator has it. */
export function modeTimesOf({ machine }: Recorded): number[][] {
  return machine.pcpus.map(({ timeIn }) =>
    [GUEST, HYPERVISOR, INTERRUPT].map((mode) => timeIn[mode]),
  );
}
