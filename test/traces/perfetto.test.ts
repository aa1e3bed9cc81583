import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MS } from '../../src/engine/time.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { writePerfetto } from '../../src/traces/perfetto.ts';
import { type Packet, readPerfetto } from './perfetto-reader.ts';
import { modeTimes, modeTimesOf, type Slice } from './slices.ts';
import {
  CROWD,
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
  setupOf,
} from './timelines.ts';

const STATES = [
  'TASK_STATE_RUNNING',
  'TASK_STATE_RUNNABLE',
  'TASK_STATE_INTERRUPTIBLE_SLEEP',
  'TASK_STATE_STOPPED',
];
const END = 'end of the run';

const packetsOf = ({ timeline }: Pick<Recorded, 'timeline'>) =>
  readPerfetto(joined(writePerfetto(timeline)));

/** Time in each state by thread id, from 1 [ns]. */
function timesIn(packets: readonly Packet[], threads: number): number[][] {
  const end = packets.at(-1)?.timestamp ?? 0;
  const times = Array.from({ length: threads }, () => [0, 0, 0, 0]);
  const state = new Map<number, { state: string; since: number }>();
  const close = (tid: number, until: number) => {
    const open = state.get(tid);
    if (open !== undefined) times[tid - 1][STATES.indexOf(open.state)] += until - open.since;
  };
  for (const { timestamp, genericKernelTaskStateEvent: event } of packets) {
    if (event === undefined) continue;
    close(event.tid, timestamp);
    state.set(event.tid, { state: event.state, since: timestamp });
  }
  for (const tid of state.keys()) close(tid, end);
  return times;
}

/** The slices of each track, by its uuid; fails unless they nest and all end. */
function slicesOf(packets: readonly Packet[]): Map<number, Slice[]> {
  const slices = new Map<number, Slice[]>();
  const open = new Map<number, { name: string; from: number }[]>();
  for (const { timestamp, trackEvent: event } of packets) {
    if (event === undefined) continue;
    const stack = open.get(event.trackUuid) ?? [];
    open.set(event.trackUuid, stack);
    if (event.type === 'TYPE_SLICE_BEGIN') stack.push({ name: event.name ?? '', from: timestamp });
    if (event.type !== 'TYPE_SLICE_END') continue;
    const slice = stack.pop();
    if (slice === undefined) throw new Error(`nothing ends on track ${event.trackUuid}`);
    const ofTrack = slices.get(event.trackUuid) ?? [];
    slices.set(event.trackUuid, ofTrack);
    ofTrack.push({ ...slice, to: timestamp, depth: stack.length });
  }
  for (const [track, stack] of open) expect(stack, `open on track ${track}`).toEqual([]);
  return slices;
}

describe('a Perfetto trace', () => {
  it('has the runstate times and the times of the pCPUs of the simulator', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const run = runRecipe(recipe);
        const packets = packetsOf(run);
        expect(timesIn(packets, run.timeline.vcpus.length)).toEqual(runstateTimes(run.machine));
        const slices = slicesOf(packets);
        const pcpus = run.machine.pcpus.map(({ id }) => modeTimes(slices.get(1 + id) ?? []));
        expect(pcpus).toEqual(modeTimesOf(run));
      }),
      { numRuns: 60 },
    );
  });

  it('has no two states of a vCPU at a time but one that is left and, on another pCPU, one that is entered', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const run = runRecipe(recipe);
        const last = new Map<number, { time: number; cpu: number; state: string }>();
        const onCpu = new Map<number, number>();
        for (const { timestamp: time, genericKernelTaskStateEvent: event } of packetsOf(run)) {
          if (event === undefined) continue;
          const { tid, cpu, state } = event;
          const before = last.get(tid);
          if (before?.time === time) {
            expect([before.state, state]).toEqual(['TASK_STATE_RUNNABLE', 'TASK_STATE_RUNNING']);
            expect(cpu).not.toBe(before.cpu);
          }
          expect(before?.state, 'each event changes the state').not.toBe(state);
          if (before?.state === 'TASK_STATE_RUNNING') {
            expect(cpu, 'a vCPU stops where it ran').toBe(before.cpu);
            onCpu.delete(cpu);
          }
          if (state === 'TASK_STATE_RUNNING') {
            expect(onCpu.get(cpu), `who is on pCPU ${cpu} at ${time}`).toBe(undefined);
            onCpu.set(cpu, tid);
          }
          last.set(tid, { time, cpu, state });
        }
      }),
      { numRuns: 30 },
    );
  });

  it('marks what the toolstack did, and what it could not do', () => {
    const packets = packetsOf(recorded(EVENTS));
    const track = packets.find(({ trackDescriptor: own }) => own?.name === 'toolstack')
      ?.trackDescriptor?.uuid;
    const slices = slicesOf(packets).get(track ?? -1) ?? [];
    expect(slices.map(({ name, from, to }) => [name, from / MS, to / MS])).toEqual(
      EVENT_SLICES.map(([name, from, to]) => [name, from, expect.closeTo(to, 2)]),
    );
    const told = packets.filter(({ trackEvent: event }) => event?.name === NOT_DONE);
    expect(told.map(({ trackEvent: event }) => event?.trackUuid)).toEqual([track]);
  });

  it('has no slice without length', () => {
    fc.assert(
      fc.property(recipes, (recipe) => {
        const run = runRecipe(recipe);
        const packets = packetsOf(run);
        for (const slices of slicesOf(packets).values()) {
          for (const { from, to } of slices) expect(to).toBeGreaterThan(from);
        }
      }),
      { numRuns: 20 },
    );
  });

  it.each([
    'before: true, during: {every: 50us}',
    'before: false, during: {threshold: 64}',
    'before: false, during: never',
    'before: true, during: immediate',
    'before: true, during: {threshold: 64}, style: continuation',
    'before: true, during: {threshold: 64}, style: tasklet',
    'before: true, during: {threshold: 64}, style: work-queue, charge: nobody',
    'before: true, during: {threshold: 64}, style: no-softirqs',
  ])('is as right with the policy {%s}', (policy) => {
    for (const xen of ['master', '"4.12"']) {
      const run = recorded(
        FLUSHES.replace('before: true, during: {threshold: 512}', policy)
          .replace('pcpus: 2', `pcpus: 2, xen: ${xen}`)
          .replace('duration: 30ms', 'duration: 12ms'),
      );
      const packets = packetsOf(run);
      const slices = slicesOf(packets);
      expect(timesIn(packets, 3)).toEqual(runstateTimes(run.machine));
      expect([1, 2].map((pcpu) => modeTimes(slices.get(pcpu) ?? []))).toEqual(modeTimesOf(run));
      const names = [...slices.values()].flat().map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(['flush of flusher/0', 'return path']));
      // A tasklet is on no stack of the vCPU whose flush it does.
      expect(names.includes('flush')).toBe(!policy.includes('tasklet'));
    }
  });

  it('shows how long softirqs were pending: the latencies that are measured', () => {
    const packets = packetsOf(recorded(FLUSHES));
    const slices = slicesOf(packets);
    const { latencies } = replicate(setupOf(FLUSHES), 1, 0);
    for (const [kind, softirq] of [
      ['softirq_timer', 'TIMER'],
      ['softirq_schedule', 'SCHEDULE'],
    ]) {
      const pending = [...slices.values()]
        .flat()
        .filter(({ name, to }) => name === `${softirq} pending` && to < 30e6)
        .reduce((sum, { from, to }) => sum + to - from, 0);
      const summary = latencies.find((one) => one.kind === kind)?.summary;
      const measured = Math.round((summary?.mean ?? 0) * (summary?.count ?? 0));
      expect(measured).toBeGreaterThan(0);
      expect(pending, softirq).toBe(measured);
    }
  });

  it('shows measured latencies below their vCPU or pCPU, with their causes, and says what it is of', () => {
    const { timeline, latencies } = measured(FLUSHES);
    const about = [['experiment', 'x.yaml'] as const];
    const packets = packetsOf({ timeline: { ...timeline, about } });
    const names = new Map(
      packets.flatMap(({ trackDescriptor: own }) => (own ? [[own.uuid, own] as const] : [])),
    );
    const slices = slicesOf(packets);
    const drawn = [...slices].flatMap(([track, its]) =>
      names.get(track)?.name?.startsWith('latency: ') ? its.map((one) => ({ ...one, track })) : [],
    );
    expect(drawn.length).toBe(latencies.length);
    for (const { name, track } of drawn) {
      expect(names.get(track)?.name).toBe(`latency: ${name.replace('worst ', '')}`);
      expect(names.get(names.get(track)?.parentUuid ?? -1)).toBeDefined();
    }
    const begins = packets.flatMap(({ trackEvent: event }) =>
      event?.debugAnnotations ? [event] : [],
    );
    const [first, ...rest] = begins.map(({ debugAnnotations: all = [] }) => all);
    expect(first).toEqual([{ name: 'experiment', stringValue: 'x.yaml' }]);
    expect(rest.length).toBe(latencies.length);
    for (const [latency, ...causes] of rest) {
      const sum = causes.reduce((total, { intValue = 0 }) => total + intValue, 0);
      expect([latency.name, latency.intValue]).toEqual(['latency', sum]);
    }
  });

  it('names domains as processes and vCPUs as their threads', () => {
    const [first] = packetsOf(recorded(FLUSHES));
    expect(first.sequenceFlags, 'SEQ_INCREMENTAL_STATE_CLEARED').toBe(1);
    expect(first.genericKernelProcessTree).toEqual({
      processes: [
        { pid: 1, ppid: 0, cmdline: 'flusher' },
        { pid: 2, ppid: 0, cmdline: 'waker' },
      ],
      threads: [
        { tid: 1, pid: 1, comm: 'flusher/0', isMainThread: true },
        { tid: 2, pid: 2, comm: 'waker/0', isMainThread: true },
        { tid: 3, pid: 2, comm: 'waker/1' },
      ],
    });
  });

  it('leads arrows from wakes to the dispatches that follow', () => {
    const packets = packetsOf(recorded(FLUSHES));
    const from = new Map<number, { time: number; name: string }>();
    let arrows = 0;
    for (const { timestamp: time, trackEvent: event } of packets) {
      for (const id of event?.flowIds ?? []) from.set(id, { time, name: event?.name ?? '' });
      for (const id of event?.terminatingFlowIds ?? []) {
        const start = from.get(id);
        expect(start?.name).toMatch(/^wake /);
        expect(time).toBeGreaterThan(start?.time ?? Number.POSITIVE_INFINITY);
        expect(event?.name).toBe('dispatched');
        arrows++;
      }
    }
    expect(arrows).toBeGreaterThan(100);
  });

  it("counts credit on a track of the vCPU's thread", () => {
    const run = recorded(CROWD);
    const packets = packetsOf(run);
    const counters = packets.flatMap(({ trackDescriptor }) =>
      trackDescriptor?.counter === undefined ? [] : [trackDescriptor],
    );
    expect(counters.map(({ name }) => name)).toEqual(['credit', 'credit', 'credit']);
    const values = new Set<number>();
    for (const { trackEvent } of packets) {
      if (trackEvent?.type !== 'TYPE_COUNTER') continue;
      expect(counters.map(({ uuid }) => uuid)).toContain(trackEvent.trackUuid);
      values.add(trackEvent.counterValue ?? Number.NaN);
    }
    expect(
      [...values].some((value) => value < 0),
      'someone is OVER',
    ).toBe(true);
    expect(
      [...values].some((value) => value > 0),
      'someone is UNDER',
    ).toBe(true);
  });

  it('shows a flush in its chunks, with the check points', () => {
    const run = recorded(FLUSHES);
    const packets = packetsOf(run);
    const names = packets.flatMap(({ trackEvent }) => trackEvent?.name ?? []);
    const count = (name: string) => names.filter((one) => one === name).length;
    const slices = slicesOf(packets);
    const flushes = [...slices.values()].flat().filter(({ name }) => name === 'flush');
    expect(flushes.length).toBeGreaterThan(5);
    const chunks = [...slices.values()].flat().filter(({ name }) => name === 'flush of flusher/0');
    const preempted = count('flush preempted (-ERESTART)');
    expect(chunks.length, 'a flush is a chunk, and one more for each stop').toBe(
      flushes.length + preempted,
    );
    // 1024 pages, a check point every 52: 19 in each flush that nobody disturbs.
    const quiet = flushes.find(
      (flush) => chunks.filter(({ from, to }) => from >= flush.from && to <= flush.to).length === 1,
    );
    const inQuiet = packets.filter(
      ({ timestamp, trackEvent }) =>
        trackEvent?.name === 'check point' &&
        timestamp >= (quiet?.from ?? 0) &&
        timestamp <= (quiet?.to ?? 0),
    );
    expect(inQuiet.length).toBe(19);
    expect(names.at(-1)).toBe(END);
    expect(packets.at(-1)?.timestamp).toBe(run.timeline.duration);
  });
});
