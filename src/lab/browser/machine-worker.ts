import type { LabAnswer, LabRequest, Shown, WorstCase } from '../messages.ts';
import type { LabSource, LabState, LabView } from '../state.ts';

/** Who is told what the worker finds. */
export interface Listener {
  /** @param isLatest - of what was asked last; else it shows where things go while something is dragged */
  shown(shown: Shown, isLatest: boolean): void;
  worst(worst: WorstCase): void;
  refused(message: string): void;
  text(name: string, text: string): void;
}

/** The machine in its worker, as the page sees it. */
export class MachineWorker {
  private readonly worker: Worker;
  /** Number of the last request of each sort: what answers an older one is not told. */
  private last = { show: 0, worst: 0 };
  private count = 0;

  /** @param program - the worker's text */
  constructor(program: string, source: LabSource, listener: Listener) {
    const url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    this.worker = new Worker(url);
    this.worker.onmessage = ({ data }: MessageEvent<LabAnswer>) => this.hear(data, listener);
    this.worker.onerror = (event) => listener.refused(`The simulation ended: ${event.message}`);
    this.send({ ask: 'open', source });
  }

  show(view: LabView): void {
    this.last = { show: ++this.count, worst: 0 };
    this.send({ ask: 'show', id: this.count, view });
  }

  worst(view: LabView, policy: string): void {
    this.last.worst = ++this.count;
    this.send({ ask: 'worst', id: this.count, view, policy });
  }

  text(what: 'samples' | 'file', state: LabState): void {
    this.send({ ask: what, id: ++this.count, state });
  }

  private send(request: LabRequest): void {
    this.worker.postMessage(request);
  }

  private hear(answer: LabAnswer, listener: Listener): void {
    if (answer.say === 'shown') listener.shown(answer.shown, answer.id === this.last.show);
    else if (answer.say === 'text') listener.text(answer.name, answer.text);
    else if (answer.say === 'worst' && answer.id === this.last.worst) listener.worst(answer.worst);
    else if (answer.say === 'refused' && answer.id >= this.last.show)
      listener.refused(answer.message);
  }
}
