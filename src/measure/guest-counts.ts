/** What guests count themselves, by name and vCPU. */
export class GuestCounts {
  private readonly counts = new Map<string, Float64Array>();

  /** `vcpu`, one of `vcpus`, has counted `count` more. */
  add(name: string, vcpu: number, vcpus: number, count: number): void {
    let counts = this.counts.get(name);
    if (counts === undefined) {
      counts = new Float64Array(vcpus);
      this.counts.set(name, counts);
    }
    counts[vcpu] += count;
  }

  /** What `vcpu`, or all of them, have counted by `name`. */
  of(name: string, vcpu?: number): number {
    const counts = this.counts.get(name);
    if (counts === undefined) return 0;
    return vcpu === undefined ? counts.reduce((sum, count) => sum + count, 0) : counts[vcpu];
  }
}
