import type { Duration } from '../engine/time.ts';
import { type GuestCpu, ioDone, type Program, run, waitForInterrupt } from './program.ts';

/** A device model: a vCPU that answers accesses of others to an emulated device (an ioreq server). */
export class DeviceModel {
  /** The global number of its vCPU. */
  readonly vcpu: number;
  /** vCPUs whose accesses have not been answered, in order. */
  private readonly requests: number[] = [];

  constructor(vcpu: number) {
    this.vcpu = vcpu;
  }

  /** The vCPU with the global number `vcpu` accesses the device. */
  request(vcpu: number): void {
    this.requests.push(vcpu);
  }

  /** Sleeps until there is a request, works on it for `work` ns and answers it. */
  *program(cpu: GuestCpu, work: Duration): Program {
    for (;;) {
      const request = this.requests.shift();
      if (request === undefined) {
        yield waitForInterrupt;
        cpu.acknowledge();
        continue;
      }
      if (work > 0) yield run(work);
      yield ioDone(request);
    }
  }
}
