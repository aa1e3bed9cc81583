import { type LatencyLane, latencyLanes } from './latency-slices.ts';
import type { Timeline } from './timeline.ts';

/** A row of a timeline on which slices nest: a pCPU, a vCPU's hypervisor stack, a softirq that waits, the toolstack, latencies. */
export type Track =
  | { readonly kind: 'pcpu'; readonly pcpu: number }
  | { readonly kind: 'pending'; readonly pcpu: number; readonly softirq: string }
  | { readonly kind: 'vcpu'; readonly vcpu: number }
  | { readonly kind: 'toolstack' }
  | { readonly kind: 'latency'; readonly lane: LatencyLane };

/** The tracks of a timeline. A track is referred to by its index here. */
export class Tracks {
  readonly all: readonly Track[];
  private readonly pcpus: number;
  private readonly softirqs: number;
  private readonly vcpus: number;

  constructor({ pcpus, vcpus, softirqs, operations, latencies = [] }: Timeline) {
    this.pcpus = pcpus;
    this.softirqs = softirqs.length;
    this.vcpus = vcpus.length;
    const numbers = Array.from({ length: pcpus }, (_, pcpu) => pcpu);
    this.all = [
      ...numbers.map((pcpu): Track => ({ kind: 'pcpu', pcpu })),
      ...numbers.flatMap((pcpu) =>
        softirqs.map((softirq): Track => ({ kind: 'pending', pcpu, softirq })),
      ),
      ...vcpus.map((_, vcpu): Track => ({ kind: 'vcpu', vcpu })),
      ...(operations.length > 0 ? [{ kind: 'toolstack' } as const] : []),
      ...latencyLanes(latencies).map((lane): Track => ({ kind: 'latency', lane })),
    ];
  }

  ofPcpu(pcpu: number): number {
    return pcpu;
  }

  ofPending(pcpu: number, softirq: number): number {
    return this.pcpus + pcpu * this.softirqs + softirq;
  }

  /** There is none if the toolstack does nothing. */
  get ofToolstack(): number {
    return this.ofVcpu(this.vcpus);
  }

  ofVcpu(vcpu: number): number {
    return this.pcpus * (1 + this.softirqs) + vcpu;
  }
}
