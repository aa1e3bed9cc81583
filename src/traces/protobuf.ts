const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

/** A protobuf message being written, field by field. */
export class ProtoMessage {
  private readonly bytes: number[] = [];

  /** A field of an integer type, an enum or a bool; negative values are two's complement in 64 bits. */
  int(field: number, value: number): this {
    this.varint(8 * field + VARINT);
    if (value >= 0) this.varint(value);
    else this.bigVarint(BigInt.asUintN(64, BigInt(value)));
    return this;
  }

  /** A field of type fixed64, not negative. */
  fixed64(field: number, value: number): this {
    this.varint(8 * field + FIXED64);
    for (let i = 0, rest = value; i < 8; i++, rest = Math.floor(rest / 256)) {
      this.bytes.push(rest % 256);
    }
    return this;
  }

  text(field: number, value: string): this {
    return this.raw(field, new TextEncoder().encode(value));
  }

  message(field: number, value: ProtoMessage): this {
    return this.raw(field, value.bytes);
  }

  finish(): Uint8Array {
    return Uint8Array.from(this.bytes);
  }

  private raw(field: number, value: Iterable<number> & { readonly length: number }): this {
    this.varint(8 * field + BYTES);
    this.varint(value.length);
    for (const byte of value) this.bytes.push(byte);
    return this;
  }

  private varint(value: number): void {
    let rest = value;
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.bytes.push((rest % 128) + 128);
    this.bytes.push(rest);
  }

  private bigVarint(value: bigint): void {
    let rest = value;
    for (; rest >= 128n; rest >>= 7n) this.bytes.push(Number(rest & 127n) + 128);
    this.bytes.push(Number(rest));
  }
}
