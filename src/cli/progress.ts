/** What progress is shown on: stderr, or what a test gives. */
export interface ProgressOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** How often progress is shown on a terminal, and elsewhere [ms]. */
const TERMINAL_INTERVAL = 100;
const LOG_INTERVAL = 5000;
/** How long results must have come before they tell how long the rest takes [ms]. */
const ESTIMATE_AFTER = 1000;

/** Shows on stderr how far long work has come: one rewritten line on a terminal that can, else a line now and then. */
export class ProgressLine {
  private readonly total: number;
  private readonly unit: string;
  private readonly out: ProgressOutput;
  private readonly now: () => number;
  private readonly rewrites: boolean;
  private shownAt: number;
  private done = 0;
  /** When the first results came, and how many those were: before, workers had to start. */
  private first: { readonly at: number; readonly done: number } | undefined;

  /**
   * Shows that nothing is done yet.
   * @param total - how much there is to do
   * @param unit - of what
   * @param now - the time [ms]
   */
  constructor(
    total: number,
    unit: string,
    out: ProgressOutput = process.stderr,
    now: () => number = Date.now,
  ) {
    this.total = total;
    this.unit = unit;
    this.out = out;
    this.now = now;
    this.rewrites = out.isTTY === true && process.env.TERM !== 'dumb';
    this.shownAt = now();
    this.show();
  }

  /** `count` more are done. */
  advance(count: number): void {
    this.done += count;
    const now = this.now();
    this.first ??= { at: now, done: this.done };
    const interval = this.rewrites ? TERMINAL_INTERVAL : LOG_INTERVAL;
    if (now - this.shownAt < interval && this.done < this.total) return;
    this.shownAt = now;
    this.show();
  }

  private show(): void {
    const { done, total, unit } = this;
    const line = `${done}/${total} ${unit}${this.estimate()}`;
    if (!this.rewrites) this.out.write(`${line}\n`);
    else this.out.write(`\r\u001b[K${line}${done === total ? '\n' : ''}`);
  }

  /** The rate since the first results, and how long the rest takes at it; nothing as long as that says little. */
  private estimate(): string {
    const { first, done, total } = this;
    if (first === undefined || done === total) return '';
    const time = this.now() - first.at;
    if (time < ESTIMATE_AFTER || done === first.done) return '';
    const rate = (1000 * (done - first.done)) / time;
    return `, ${rate.toFixed(1)}/s, ${Math.ceil((total - done) / rate)} s left`;
  }
}
