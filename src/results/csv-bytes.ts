import { csvNumber } from './csv-number.ts';

const CAPACITY_FIRST = 1 << 16;
/** Most bytes of a number: sign, 17 digits, point, and an exponent. */
const NUMBER_MAX = 25;
const BILLION = 1e9;
const [COMMA, LINE_END, ZERO, MINUS] = [44, 10, 48, 45];

/** Lines of CSV of mostly numbers, as `csvLines` would write them, but as bytes: there may be millions of lines. */
export class CsvBytes {
  private storage = new Uint8Array(CAPACITY_FIRST);
  /** Bytes so far. */
  length = 0;

  /** Adds a line: `head`, fields as they stand in the file, then numbers from `from` to before `to` of `numbers`. */
  line(head: Uint8Array, numbers: Float64Array, from: number, to: number): void {
    this.reserve(head.length + (to - from) * (NUMBER_MAX + 1) + 1);
    this.storage.set(head, this.length);
    this.length += head.length;
    for (let i = from; i < to; i++) {
      this.storage[this.length++] = COMMA;
      this.number(numbers[i]);
    }
    this.storage[this.length++] = LINE_END;
  }

  /** The bytes so far, without copying them: valid until the next line. */
  bytes(): Uint8Array {
    return this.storage.subarray(0, this.length);
  }

  /** Begins anew. */
  clear(): void {
    this.length = 0;
  }

  private number(value: number): void {
    if (!Number.isSafeInteger(value)) return this.text(csvNumber(value));
    if (value < 0) this.storage[this.length++] = MINUS;
    const size = Math.abs(value);
    // In two parts, which are small integers and quick to divide.
    const high = Math.floor(size / BILLION);
    if (high > 0) this.digits(high, 1);
    this.digits(size - high * BILLION, high > 0 ? 9 : 1);
  }

  /** A whole number below 2^31 with at least `least` digits. */
  private digits(value: number, least: number): void {
    let count = 1;
    for (let power = 10; value >= power && count < 10; power *= 10) count++;
    const end = this.length + Math.max(count, least);
    let rest = value;
    for (let at = end - 1; at >= this.length; at--) {
      const next = Math.floor(rest / 10);
      this.storage[at] = ZERO + rest - 10 * next;
      rest = next;
    }
    this.length = end;
  }

  private text(text: string): void {
    for (let i = 0; i < text.length; i++) this.storage[this.length++] = text.charCodeAt(i);
  }

  private reserve(bytes: number): void {
    let capacity = this.storage.length;
    while (capacity < this.length + bytes) capacity *= 2;
    if (capacity === this.storage.length) return;
    const larger = new Uint8Array(capacity);
    larger.set(this.bytes());
    this.storage = larger;
  }
}
