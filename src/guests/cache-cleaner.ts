import { invariant } from '../engine/invariant.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import type { Duration, Time } from '../engine/time.ts';
import { nextDue, skippedDue } from './expiries.ts';
import { caches, type GuestCpu, type Program, pollUntil, run, setWay, touch } from './program.ts';

/** The caches that a cleaner's memory is in, as it needs them. */
export interface CleanerCaches {
  /** Operations of a Set/Way loop over one pCPU's cache. */
  readonly positions: number;
  /** `pcpu` writes `line` with the caches on. */
  write(pcpu: number, line: number): void;
  /** Memory does not have the newest value of `line`. */
  isStale(line: number): boolean;
  /** Writes back the lines of `pages` pages. */
  cleanPages(firstPage: number, pages: number): void;
}

/** What a cleaner does each time. */
export interface CleanerSetup {
  readonly period: Duration;
  readonly phase: Time;
  /** CPU time in which it writes its pages [ns]. */
  readonly work: Duration;
  /** Pages it writes: a line of each, chosen at random, in each of 16 rounds. */
  readonly pages: number;
  readonly firstGfn: number;
  /** Its Set/Way operations trap: the hypervisor must leave no line behind. */
  readonly isTrapped: boolean;
}

const ROUNDS = 16;
const LINES_PER_PAGE = 64;

/**
 * A guest that does what a boot loader does before it hands over: it writes memory with the caches on, cleans them by
 * Set/Way, turns them off, and looks at its memory. A line whose newest value is not in memory then is *stale* when it
 * is read, and *lost* when it is written: the old value will be evicted over the new one.
 *
 * Counted: `episodes`, `stale_episodes` (with any such line), `stale_lines`, `lost_lines`.
 */
export function* cleanerProgram(
  cpu: GuestCpu,
  setup: CleanerSetup,
  memory: CleanerCaches,
  stream: RandomStream,
): Program {
  const { period, work, pages, firstGfn, isTrapped } = setup;
  let due = setup.phase;
  for (;;) {
    yield pollUntil(due);
    const next = nextDue(due, period, cpu.now);
    const missed = skippedDue(due, period, cpu.upSince, next);
    if (missed > 0) cpu.count('missed_expiries', missed);
    due = next;
    yield caches(true);
    for (let round = 0; round < ROUNDS; round++) {
      for (let page = 0; page < pages; page++) {
        yield touch(firstGfn + page);
        memory.write(cpu.pcpu, page * LINES_PER_PAGE + pick(stream, LINES_PER_PAGE));
      }
      yield run(Math.ceil(work / ROUNDS));
    }
    yield setWay(memory.positions);
    yield caches(false);
    count(cpu, memory, pages, isTrapped);
    // Whatever is still dirty is evicted some day; the next round starts clean.
    memory.cleanPages(0, pages);
  }
}

/** Reads every line with the caches off, and writes every second one. */
function count(cpu: GuestCpu, memory: CleanerCaches, pages: number, isTrapped: boolean): void {
  let stale = 0;
  let lost = 0;
  for (let line = 0; line < pages * LINES_PER_PAGE; line++) {
    if (!memory.isStale(line)) continue;
    stale++;
    if (line % 2 === 1) lost++;
  }
  invariant(!isTrapped || stale === 0, 'a trapped flush leaves no line behind');
  cpu.count('episodes');
  if (stale === 0) return;
  cpu.count('stale_episodes');
  cpu.count('stale_lines', stale);
  cpu.count('lost_lines', lost);
}

function pick(stream: RandomStream, count: number): number {
  return Math.floor(stream.uniform() * count);
}
