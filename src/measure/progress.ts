import type { Time } from '../engine/time.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';

/** What guests got done, and how long pCPUs only switched. */
export class Progress {
  /** The longest run of context switches of one pCPU without a guest instruction between. */
  longestSwitching = 0;
  /** By pCPU: switches since a guest instruction was executed there. */
  private readonly switches: Int32Array;
  /** By vCPU: when it executed its first instruction after a stay in the hypervisor last; before all time: never. */
  private readonly enteredAt: Float64Array;

  constructor(pcpus: number, vcpus: number) {
    this.switches = new Int32Array(pcpus);
    this.enteredAt = new Float64Array(vcpus).fill(-1);
  }

  /** What comes from now on is measured. */
  begin(): void {
    this.longestSwitching = 0;
    this.switches.fill(0);
  }

  switched(pcpu: number): void {
    const count = ++this.switches[pcpu];
    if (count > this.longestSwitching) this.longestSwitching = count;
  }

  entered(vcpu: Vcpu, now: Time): void {
    this.switches[vcpu.processor] = 0;
    this.enteredAt[vcpu.id] = now;
  }

  /** The vCPU has come back to its guest since `time`. */
  hasEntered(vcpu: number, time: Time): boolean {
    return this.enteredAt[vcpu] >= time;
  }
}
