/** A growing list of vCPUs' numbers. */
export class VcpuList {
  private storage = new Int32Array(256);
  private length = 0;

  push(vcpu: number): void {
    if (this.length === this.storage.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.storage);
      this.storage = larger;
    }
    this.storage[this.length++] = vcpu;
  }

  /** The numbers, without copying them: valid until the next push. */
  values(): Int32Array {
    return this.storage.subarray(0, this.length);
  }
}
