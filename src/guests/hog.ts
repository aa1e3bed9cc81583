import { type Guest, OP_SPIN } from '../hypervisor/ports.ts';

/** A guest that wants all the CPU time it can get. */
export class Hog implements Guest {
  next(): number {
    return OP_SPIN;
  }
}
