import type { Fact, What } from './tape.ts';
import type { Story } from './waits.ts';

const [GUEST, HYPERVISOR, INTERRUPT, IDLE] = [0, 1, 2, 3];
const RUNNABLE = 1;

/** Counters of what happened up to `end` [ns], by name. */
export function counted(story: Story, end: number): Record<string, number> {
  const count = (what: What, keep: (fact: Fact) => boolean = () => true) =>
    story.of(what).filter(keep).length;
  const time = (mode: number) => {
    let sum = 0;
    for (const { id } of story.machine.pcpus) {
      const changes = story.on('mode', id);
      changes.forEach(({ a, at }, i) => {
        if (a === mode) sum += (changes[i + 1]?.at ?? end) - at;
      });
    }
    return sum;
  };
  return {
    erestarts: count('preempted'),
    checks_hit: count('preempted'),
    flushes: count('flushed'),
    context_switches: count('scheduled', ({ a }) => a === 1),
    wakes: count('awake'),
    softirqs: count('started'),
    interrupts: count('handler'),
    traps: traps(story),
    guest_ns: time(GUEST),
    hypervisor_ns: time(HYPERVISOR),
    interrupt_ns: time(INTERRUPT),
    idle_ns: time(IDLE),
    runnable_ns: runnable(story, end),
    entries_with_work: count('entered', ({ a }) => a === 1),
    entries_with_softirqs: count('entered', ({ b }) => b !== 0),
    stage2_faults: count('fault'),
    undefs: count('undef'),
  };
}

/** From the guest to the hypervisor without an interrupt between. */
function traps(story: Story): number {
  let sum = 0;
  const modes = new Map<number, number>();
  for (const { pcpu, a } of story.of('mode')) {
    if (a === HYPERVISOR && modes.get(pcpu) === GUEST) sum++;
    modes.set(pcpu, a);
  }
  return sum;
}

function runnable(story: Story, end: number): number {
  let sum = 0;
  for (const { id } of story.machine.vcpus) {
    const changes = story.of('runstate', id);
    changes.forEach(({ b, at }, i) => {
      if (b === RUNNABLE) sum += (changes[i + 1]?.at ?? end) - at;
    });
  }
  return sum;
}
