import { buildMachine } from '../../src/experiment/build/build.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { Setup } from '../../src/experiment/schema/schema.ts';
import { GUEST_TIMER, WAKE } from '../../src/hypervisor/machine/event-kinds.ts';
import { CAUSES } from '../../src/measure/causes.ts';
import { CauseFinder } from './causes.ts';
import { counted } from './counted.ts';
import { flushCounts } from './flush-counts.ts';
import { guestWaits } from './guest-waits.ts';
import { Tape } from './tape.ts';
import { hypervisorWaits, Story, type Wait } from './waits.ts';

/** What a replication says, and what is found by looking at what happened: they must be equal. */
export interface Recount {
  readonly told: Record<string, readonly string[]>;
  readonly found: Record<string, readonly string[]>;
}

/**
 * Counts a replication again, from a tape of what happened in it: samples of all measured kinds with their causes, and
 * counters. Nothing of it comes from the code that measures.
 */
export function recount(setup: Setup, seed: number, replication: number): Recount {
  const result = replicate(setup, seed, replication);
  const tape = new Tape();
  const { machine } = buildMachine(setup, seed, replication, tape);
  const { duration } = setup;
  const { warmUp } = setup.measure;
  const countNow = (end: number) => {
    machine.run(end);
    const story = new Story({ facts: [...tape.facts], p2ms: tape.p2ms }, machine, false);
    return { ...counted(story, end), ...flushCounts(story, setup, end) };
  };
  const before = countNow(warmUp);
  const after = countNow(duration);
  machine.run(duration + result.ranOn);
  const story = new Story(tape, machine, setup.machine.timers === 'exact');
  const own = hypervisorWaits(story);
  const { waits } = guestWaits(story, setup, { seed, replication });
  const timers = own.filter(({ kind }) => kind === 'timer');
  const causes = new CauseFinder(story, timers, (vcpu) => [
    machine.slot(GUEST_TIMER, vcpu),
    machine.slot(WAKE, vcpu),
  ]);
  const isMeasured = ({ began }: Wait) => began >= warmUp && began < duration;
  const all = [...own, ...waits].filter(isMeasured);
  const found: Record<string, string[]> = {};
  const told: Record<string, string[]> = {};
  for (const { kind, columns } of result.samples) {
    found[kind] = all
      .filter((wait) => wait.kind === kind)
      .map((wait) => {
        const { pcpu, vcpu, began, end, per } = wait;
        const at = end?.at ?? story.end;
        const latency = per === undefined ? at - began : Math.round((1000 * (at - began)) / per);
        return line(at, pcpu, vcpu, latency, end === undefined, causes.of(wait));
      })
      .sort();
    told[kind] = [...columns.time]
      .map((at, i) => {
        const parts = columns.causes.subarray(i * CAUSES.length, (i + 1) * CAUSES.length);
        const names = Object.fromEntries(CAUSES.map((cause, c) => [cause, parts[c]]));
        const { pcpu, vcpu, latency, censored } = columns;
        return line(at, pcpu[i], vcpu[i], latency[i], censored[i] === 1, names);
      })
      .sort();
  }
  const counters = result.counters as unknown as Record<string, number>;
  const sums = before as Record<string, number>;
  found.counters = Object.entries(after).map(([name, sum]) => `${name} ${sum - sums[name]}`);
  told.counters = Object.keys(after).map((name) => `${name} ${counters[name]}`);
  return { told, found };
}

function line(
  at: number,
  pcpu: number,
  vcpu: number,
  latency: number,
  censored: boolean,
  causes: Record<string, number>,
): string {
  const parts = CAUSES.filter((cause) => (causes[cause] ?? 0) > 0).map(
    (cause) => `${cause} ${causes[cause]}`,
  );
  return `${at} pCPU ${pcpu} vCPU ${vcpu}: ${latency}${censored ? ' censored' : ''} = ${parts.join(' + ')}`;
}
