/** A growing list of numbers in typed storage: 8 bytes per number, no object per sample. */
export class SampleList {
  private storage = new Float64Array(256);
  length = 0;

  push(value: number): void {
    if (this.length === this.storage.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.storage);
      this.storage = larger;
    }
    this.storage[this.length++] = value;
  }

  /** The numbers, without copying them: valid until the next push. */
  values(): Float64Array<ArrayBuffer> {
    return this.storage.subarray(0, this.length);
  }
}
