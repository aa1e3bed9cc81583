import type { Timeline } from './timeline.ts';

/** A row of a timeline on which slices nest: a pCPU, a vCPU's hypervisor stack, or a softirq that waits. */
export type Track =
  | { readonly kind: 'pcpu'; readonly pcpu: number }
  | { readonly kind: 'pending'; readonly pcpu: number; readonly softirq: string }
  | { readonly kind: 'vcpu'; readonly vcpu: number };

/** The tracks of a timeline. A track is referred to by its index here. */
export class Tracks {
  readonly all: readonly Track[];
  private readonly pcpus: number;
  private readonly softirqs: number;

  constructor({ pcpus, vcpus, softirqs }: Timeline) {
    this.pcpus = pcpus;
    this.softirqs = softirqs.length;
    const numbers = Array.from({ length: pcpus }, (_, pcpu) => pcpu);
    this.all = [
      ...numbers.map((pcpu): Track => ({ kind: 'pcpu', pcpu })),
      ...numbers.flatMap((pcpu) =>
        softirqs.map((softirq): Track => ({ kind: 'pending', pcpu, softirq })),
      ),
      ...vcpus.map((_, vcpu): Track => ({ kind: 'vcpu', vcpu })),
    ];
  }

  ofPcpu(pcpu: number): number {
    return pcpu;
  }

  ofPending(pcpu: number, softirq: number): number {
    return this.pcpus + pcpu * this.softirqs + softirq;
  }

  ofVcpu(vcpu: number): number {
    return this.pcpus * (1 + this.softirqs) + vcpu;
  }
}
