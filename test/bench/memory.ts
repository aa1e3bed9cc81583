import { EventQueue } from '../../src/engine/event-queue.ts';
import { buildForRun, wakers } from './growth-machine.ts';
import { median, rounded } from './measure.ts';

const VCPUS = 4096;
const SLOTS = 1 << 20;

/** Memory that `make`'s result holds [bytes]. */
function heldBy(make: () => unknown): number {
  const before = used();
  const held = make();
  const after = used();
  if (held === undefined) throw new Error('nothing was made');
  return after - before;
}

/** Bytes on the heap and in buffers, of what is still in use. */
function used(): number {
  if (gc === undefined) throw new Error('memory is measured with node --expose-gc');
  gc();
  gc();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What a simulated vCPU and an event that is due take, as lines of text. */
export function memoryLines(): string[] {
  const perVcpu = ['credit', 'credit2', 'rtds'].map((scheduler) => {
    const [one, many] = [1, VCPUS].map((vcpus) => {
      const setup = wakers(scheduler, 4, vcpus);
      // What is made once, such as compiled code, is not to count, nor what is left of the machine before: the middle.
      const sizes = Array.from({ length: 6 }, () =>
        heldBy(() => {
          const machine = buildForRun(setup);
          machine.run(1e9);
          return machine;
        }),
      );
      return median(sizes.slice(1));
    });
    return `memory per vCPU, ${scheduler}: ${rounded((many - one) / (VCPUS - 1))} bytes`;
  });
  const perSlot = heldBy(() => new EventQueue(SLOTS)) / SLOTS;
  return [...perVcpu, `memory per slot of the event queue: ${rounded(perSlot)} bytes`];
}
