/** Shows on stderr how far long work has come: one rewritten line on a terminal, else a line now and then. */
export class Progress {
  private readonly total: number;
  private readonly unit: string;
  private readonly out: NodeJS.WriteStream;
  private readonly startedAt = Date.now();
  private shownAt = 0;
  private done = 0;

  /**
   * @param total - how much there is to do
   * @param unit - of what
   */
  constructor(total: number, unit: string, out: NodeJS.WriteStream = process.stderr) {
    this.total = total;
    this.unit = unit;
    this.out = out;
  }

  /** `count` more are done. */
  advance(count: number): void {
    this.done += count;
    const now = Date.now();
    const interval = this.out.isTTY ? 100 : 5000;
    if (now - this.shownAt < interval && this.done < this.total) return;
    this.shownAt = now;
    this.show((now - this.startedAt) / 1000);
  }

  private show(seconds: number): void {
    const { done, total, unit } = this;
    const rate = done / Math.max(seconds, 1e-3);
    const left = Math.ceil((total - done) / rate);
    const line = `${done}/${total} ${unit}, ${rate.toFixed(1)}/s, ${left} s left`;
    if (!this.out.isTTY) this.out.write(`${line}\n`);
    else this.out.write(`\r\u001b[K${line}${done === total ? '\n' : ''}`);
  }
}
