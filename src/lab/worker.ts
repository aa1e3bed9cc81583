import './browser/without-eval.ts';
import { Lab, type Running } from './machine/lab.ts';
import type { LabAnswer, LabRequest } from './messages.ts';

/*
 * The lab in a Web Worker. What is asked last counts: a run is left for a newer one as soon as something of it has been shown,
 * so that what is dragged is seen to follow.
 */

/** Something is shown after the first replication of each policy, and then every so often [ms]. */
const ROUNDS_FIRST = 1;
const EVERY = 250;

type Asked<Name extends LabRequest['ask']> = Extract<LabRequest, { ask: Name }>;

let lab: Lab | undefined;
let waiting: Asked<'show'> | undefined;
let isRunning = false;

globalThis.onmessage = ({ data }: MessageEvent<LabRequest>) => {
  if (data.ask === 'open') {
    lab = new Lab(data.source);
  } else if (data.ask === 'show') {
    waiting = data;
    if (!isRunning) runWaiting();
  } else {
    answer(data.id, () => other(data));
  }
};

function other(asked: Exclude<LabRequest, { ask: 'open' | 'show' }>): LabAnswer | undefined {
  if (lab === undefined) return undefined;
  const { id } = asked;
  if (asked.ask === 'worst') {
    const worst = lab.worst(asked.view, asked.policy);
    return worst && { say: 'worst', id, worst };
  }
  if (asked.ask === 'samples')
    return { say: 'text', id, name: 'samples.csv', text: lab.samples(asked.state) };
  return { say: 'text', id, name: 'lab.yaml', text: lab.file(asked.state) };
}

async function runWaiting(): Promise<void> {
  isRunning = true;
  while (waiting !== undefined) {
    const asked = waiting;
    waiting = undefined;
    postMessage({ say: 'begun', id: asked.id } satisfies LabAnswer);
    const running = answer(asked.id, () => lab?.begin(asked.view));
    if (running !== undefined) await run(asked.id, running);
  }
  isRunning = false;
}

async function run(id: number, running: Running): Promise<void> {
  const show = () => answer(id, () => ({ say: 'shown', id, shown: running.shown() }) as const);
  let isShown = false;
  let last = performance.now();
  while (running.step()) {
    const now = performance.now();
    const isDue = isShown ? now - last > EVERY : running.has(ROUNDS_FIRST);
    if (isDue) {
      show();
      isShown = true;
      last = performance.now();
    }
    await breathe();
    if (waiting !== undefined && isShown) return;
  }
  show();
}

/** Does something, and sends what it gives if that is an answer. What is wrong with the setting is an answer too. */
function answer<Given extends LabAnswer | Running>(
  id: number,
  give: () => Given | undefined,
): Given | undefined {
  try {
    const given = give();
    if (given !== undefined && 'say' in given) postMessage(given);
    return given;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    postMessage({ say: 'refused', id, message } satisfies LabAnswer);
    return undefined;
  }
}

const channel = new MessageChannel();

/** Lets messages come in. A timer would wait for 4 ms. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    channel.port1.onmessage = () => resolve();
    channel.port2.postMessage(undefined);
  });
}
