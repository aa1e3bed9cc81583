import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS } from '../../src/engine/time.ts';
import { writeChrome } from '../../src/traces/chrome.ts';
import { modeTimes, modeTimesOf, type Slice } from './slices.ts';
import {
  EVENT_SLICES,
  EVENTS,
  FLUSHES,
  joined,
  measured,
  NOT_DONE,
  type Recorded,
  recipes,
  recorded,
  runRecipe,
  runstateTimes,
} from './timelines.ts';

interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly name: string;
  readonly dur?: number;
  readonly id?: number;
  readonly cat?: string;
  readonly args?: { readonly name?: string; readonly value?: number; readonly latency?: number };
}

interface Trace {
  readonly displayTimeUnit: string;
  readonly otherData: object;
  readonly traceEvents: readonly Event[];
}

const traceOf = ({ timeline }: Pick<Recorded, 'timeline'>): Trace =>
  JSON.parse(Buffer.from(joined(writeChrome(timeline))).toString('utf8'));

const ns = (us: number) => Math.round(us * 1000);

/** The slices of each row by its name, in order of their beginning; fails unless they nest. */
function slicesOf({ traceEvents }: Trace): Map<string, Slice[]> {
  const rows = new Map<string, string>();
  for (const { ph, name, pid, tid, args } of traceEvents) {
    if (ph === 'M' && name === 'thread_name') rows.set(`${pid}.${tid}`, args?.name ?? '');
  }
  const slices = new Map<string, Omit<Slice, 'depth'>[]>();
  for (const { ph, name, pid, tid, ts, dur } of traceEvents) {
    if (ph !== 'X' || dur === undefined || dur === 0) continue;
    const row = rows.get(`${pid}.${tid}`) ?? '';
    const ofRow = slices.get(row) ?? [];
    slices.set(row, ofRow);
    ofRow.push({ name, from: ns(ts), to: ns(ts) + ns(dur) });
  }
  return new Map([...slices].map(([row, ofRow]) => [row, nested(ofRow)]));
}

function nested(slices: readonly Omit<Slice, 'depth'>[]): Slice[] {
  const stack: Omit<Slice, 'depth'>[] = [];
  return slices
    .toSorted((a, b) => a.from - b.from || b.to - a.to)
    .map((slice) => {
      while ((stack.at(-1)?.to ?? Number.POSITIVE_INFINITY) <= slice.from) stack.pop();
      const around = stack.at(-1);
      if (around !== undefined) expect(slice.to).toBeLessThanOrEqual(around.to);
      stack.push(slice);
      return { ...slice, depth: stack.length - 1 };
    });
}

describe('a trace in Chrome format', () => {
  it('has the runstate times and the times of the pCPUs of the simulator', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const run = runRecipe(recipe);
        const trace = traceOf(run);
        expect(trace.displayTimeUnit).toBe('ns');
        const slices = slicesOf(trace);
        const times = run.timeline.vcpus.map(({ name }) =>
          ['running', 'runnable', 'blocked', 'offline'].map((state) =>
            (slices.get(`vCPU ${name}`) ?? [])
              .filter((slice) => slice.name === state)
              .reduce((sum, { from, to }) => sum + to - from, 0),
          ),
        );
        expect(times).toEqual(runstateTimes(run.machine));
        const pcpus = run.machine.pcpus.map(({ id }) => modeTimes(slices.get(`pCPU ${id}`) ?? []));
        expect(pcpus).toEqual(modeTimesOf(run));
      }),
      { numRuns: 60 },
    );
  });

  it('leads arrows from slice to slice', () => {
    const { traceEvents } = traceOf(recorded(FLUSHES));
    const starts = new Map(traceEvents.filter(({ ph }) => ph === 's').map((one) => [one.id, one]));
    const ends = traceEvents.filter(({ ph }) => ph === 'f');
    expect(ends.length).toBeGreaterThan(100);
    const slices = new Set(
      traceEvents.filter(({ ph }) => ph === 'X').map(({ pid, tid, ts }) => `${pid} ${tid} ${ts}`),
    );
    for (const { id, pid, tid, ts } of ends) {
      const start = starts.get(id);
      expect(start?.ts).toBeLessThan(ts);
      expect(slices).toContain(`${pid} ${tid} ${ts}`);
      expect(slices).toContain(`${start?.pid} ${start?.tid} ${start?.ts}`);
    }
  });

  it('marks what the toolstack did, and what it could not do', () => {
    const trace = traceOf(recorded(EVENTS));
    const slices = slicesOf(trace).get('toolstack') ?? [];
    expect(slices.map(({ name, from, to }) => [name, from / MS, to / MS])).toEqual(
      EVENT_SLICES.map(([name, from, to]) => [name, from, expect.closeTo(to, 2)]),
    );
    const told = trace.traceEvents.filter(({ name }) => name === NOT_DONE);
    expect(told.map(({ ph }) => ph)).toEqual(['i']);
    expect(slicesOf(traceOf(recorded(FLUSHES))).has('toolstack')).toBe(false);
  });

  it('shows measured latencies as slices with their causes, those that overlap on several rows, and marks the worst', () => {
    const { timeline, latencies } = measured(FLUSHES);
    const trace = traceOf({ timeline });
    // Nested slices on one row would not be told apart; none is left out.
    const rows = slicesOf(trace);
    const drawn = trace.traceEvents.filter(({ cat }) => cat === 'latency');
    expect(drawn.length).toBe(latencies.length);
    expect(drawn.length).toBeGreaterThan(300);
    for (const { args = {} } of drawn) {
      const { latency, ...causes } = args;
      const parts = Object.values(causes).filter((part) => typeof part === 'number');
      expect(parts.reduce((sum, part) => sum + part, 0)).toBe(latency);
    }
    const kinds = new Set(latencies.map(({ kind }) => kind));
    for (const kind of kinds) {
      const most = Math.max(
        ...latencies.filter((one) => one.kind === kind).map(({ from, to }) => to - from),
      );
      const worst = drawn.filter(({ name }) => name === `worst ${kind}`);
      expect(
        worst.map(({ dur = 0 }) => ns(dur)),
        kind,
      ).toEqual([most]);
    }
    expect(kinds).toContain('lock_hold');
    for (const [row, slices] of rows) {
      if (/: (delivery|wakeup|flush|lock_hold)( \d+)?$/.test(row))
        expect(slices.every(({ depth }) => depth === 0)).toBe(true);
    }
  });

  it('says what it is of, in which order its rows belong, and what each event is about', () => {
    const { timeline } = recorded(FLUSHES);
    const about = [['experiment', 'x.yaml'] as const, ['seed', '1'] as const];
    const trace = traceOf({ timeline: { ...timeline, about } });
    expect(trace.otherData).toEqual({ experiment: 'x.yaml', seed: '1' });
    const events = trace.traceEvents.filter(({ ph }) => ph !== 'M');
    expect([...new Set(events.map(({ cat }) => cat))].sort()).toEqual(
      ['credit', 'pcpu', 'runstate', 'softirq', 'stack', 'wake'].sort(),
    );
    const sorted = trace.traceEvents.filter(({ name }) => name === 'thread_sort_index');
    const named = trace.traceEvents.filter(({ name }) => name === 'thread_name');
    expect(sorted.map(({ pid, tid }) => [pid, tid])).toEqual(
      named.map(({ pid, tid }) => [pid, tid]),
    );
  });

  it('does not draw a vCPU that sleeps as running code of the hypervisor', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const run = runRecipe(recipe);
        const rows = slicesOf(traceOf(run));
        for (const { name } of run.timeline.vcpus) {
          const sleeps = (rows.get(`vCPU ${name}`) ?? []).filter((slice) =>
            ['blocked', 'offline'].includes(slice.name),
          );
          for (const { from, to } of rows.get(`vCPU ${name}: hypervisor stack`) ?? []) {
            expect(sleeps.find((sleep) => sleep.from < to && sleep.to > from)).toBeUndefined();
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has names, counters and instants', () => {
    const { traceEvents } = traceOf(recorded(FLUSHES));
    const named = traceEvents.filter(({ ph }) => ph === 'M').map(({ args }) => args?.name);
    expect(named).toEqual(
      expect.arrayContaining(['pCPUs', 'domain flusher', 'pCPU 1', 'vCPU waker/1']),
    );
    expect(traceEvents.some(({ ph, args }) => ph === 'C' && args?.value !== undefined)).toBe(true);
    expect(traceEvents.some(({ ph, name }) => ph === 'i' && name === 'check point')).toBe(true);
  });
});
