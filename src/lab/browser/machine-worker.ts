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

/** An older run that has not been heard of for so long is in a replication that takes long: it is given up for a newer one [ms]. */
const PATIENCE = 2000;

/** The machine in its worker, as the page sees it. */
export class MachineWorker {
  private readonly url: string;
  private readonly source: LabSource;
  private readonly listener: Listener;
  private worker: Worker;
  /** Number of the last request of each sort: what answers an older one is not told. */
  private last = { show: 0, worst: 0 };
  private count = 0;
  /** What the worker has begun last, and when it said something [ms]; infinite: it is only being loaded. */
  private begun = 0;
  private heard = Number.POSITIVE_INFINITY;

  /** @param program - the worker's text */
  constructor(program: string, source: LabSource, listener: Listener) {
    this.url = URL.createObjectURL(new Blob([program], { type: 'text/javascript' }));
    this.source = source;
    this.listener = listener;
    this.worker = this.start();
  }

  show(view: LabView): void {
    const id = ++this.count;
    this.last = { show: id, worst: 0 };
    this.send({ ask: 'show', id, view });
    setTimeout(() => this.insist(id, view), PATIENCE);
  }

  /** Asks again for what is still wanted and has not been begun, of a new worker if the old one is silent. */
  private insist(id: number, view: LabView): void {
    if (id !== this.last.show || this.begun === id) return;
    const silence = performance.now() - this.heard;
    if (silence < PATIENCE) {
      setTimeout(() => this.insist(id, view), PATIENCE);
      return;
    }
    this.worker.terminate();
    this.worker = this.start();
    this.send({ ask: 'show', id, view });
  }

  worst(view: LabView, policy: string): void {
    this.last.worst = ++this.count;
    this.send({ ask: 'worst', id: this.count, view, policy });
  }

  text(what: 'samples' | 'file', state: LabState): void {
    this.send({ ask: what, id: ++this.count, state });
  }

  private start(): Worker {
    const worker = new Worker(this.url);
    this.heard = Number.POSITIVE_INFINITY;
    worker.onmessage = ({ data }: MessageEvent<LabAnswer>) => this.hear(data);
    worker.onerror = (event) => this.listener.refused(`The simulation ended: ${event.message}`);
    worker.postMessage({ ask: 'open', source: this.source } satisfies LabRequest);
    return worker;
  }

  private send(request: LabRequest): void {
    this.worker.postMessage(request);
  }

  private hear(answer: LabAnswer): void {
    const { listener, last } = this;
    const { say, id } = answer;
    this.heard = performance.now();
    if (say === 'begun') this.begun = id;
    if (say === 'shown') listener.shown(answer.shown, id === last.show);
    else if (say === 'text') listener.text(answer.name, answer.text);
    else if (say === 'worst' && id === last.worst) listener.worst(answer.worst);
    else if (say === 'refused' && id >= last.show) listener.refused(answer.message);
  }
}
