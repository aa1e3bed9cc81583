/** Shows things in several steps, one per frame of the screen, so that what is dragged goes on meanwhile. */
export class Frames<Shown> {
  private readonly steps: readonly ((shown: Shown) => void)[];
  private next: Shown | undefined;
  private isBusy = false;

  constructor(steps: readonly ((shown: Shown) => void)[]) {
    this.steps = steps;
  }

  /** Shows the latest of what it is given; what has been begun is shown whole before. */
  show(shown: Shown): void {
    this.next = shown;
    if (!this.isBusy) this.begin();
  }

  private begin(): void {
    const { next: shown } = this;
    this.next = undefined;
    this.isBusy = shown !== undefined;
    if (shown !== undefined) this.step(shown, 0);
  }

  private step(shown: Shown, at: number): void {
    requestAnimationFrame(() => {
      this.steps[at](shown);
      if (at + 1 < this.steps.length) this.step(shown, at + 1);
      else this.begin();
    });
  }
}
