const PIECE_SIZE = 1 << 18;

/** Bytes that are written one after the other, in pieces: no single buffer has to hold them all. */
export class BytePieces {
  readonly pieces: Uint8Array[] = [];
  private piece = new Uint8Array(PIECE_SIZE);
  private length = 0;
  private readonly encoder = new TextEncoder();

  add(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.piece.length) this.close(bytes.length);
    this.piece.set(bytes, this.length);
    this.length += bytes.length;
  }

  addText(text: string): void {
    this.add(this.encoder.encode(text));
  }

  /** @returns all pieces */
  finish(): readonly Uint8Array[] {
    this.close(0);
    return this.pieces;
  }

  private close(room: number): void {
    if (this.length > 0) this.pieces.push(this.piece.subarray(0, this.length));
    this.piece = new Uint8Array(Math.max(PIECE_SIZE, room));
    this.length = 0;
  }
}
