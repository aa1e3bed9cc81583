import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { buildMachine } from '../../../src/experiment/build/build.ts';
import { RUNNING } from '../../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import type {
  OperationOutcome,
  ToolstackOperation,
} from '../../../src/hypervisor/toolstack/operation.ts';
import { accept, lines, refuse, unmark } from '../fixtures.ts';

/** An experiment with one vCPU in domain a and two in b, 100 ms long, at no costs. */
function text(events: string, scheduler = 'credit', machine = ''): string {
  return `question: Does it matter?
replications: 1
duration: 100ms
machine: {timers: exact, scheduler: ${scheduler}${machine}}
domains: {a: {vcpus: [{guest: hog}]}, b: {vcpus: [{guest: hog, count: 2}]}}
${events}
`;
}

/** Notes what the toolstack does, and when [ms]. */
class Notes extends Probe {
  readonly begun: unknown[] = [];
  readonly ended: unknown[] = [];
  now: () => number = () => 0;
  override operationBegins(_: number, { op }: ToolstackOperation): void {
    this.begun.push([this.now() / MS, op]);
  }
  override operationEnded(_: number, { op }: ToolstackOperation, outcome: OperationOutcome): void {
    this.ended.push([this.now() / MS, op, outcome]);
  }
}

function run(experiment: string, replication = 0) {
  const [{ setup }] = accept(experiment).cells;
  const free = Object.fromEntries(Object.keys(setup.machine.costs).map((name) => [name, 0]));
  const costs = free as typeof setup.machine.costs;
  const notes = new Notes();
  const { machine } = buildMachine(
    { ...setup, machine: { ...setup.machine, costs } },
    1,
    replication,
    notes,
  );
  notes.now = () => machine.now;
  machine.run(setup.duration);
  const cpuTimes = machine.vcpus.map((vcpu) => machine.core.timeIn(vcpu, RUNNING) / MS);
  return { notes, cpuTimes };
}

describe('events of an experiment', () => {
  it('happen once, over and over, or at random times that the seed decides', () => {
    const begun = (events: string, replication = 0) => run(text(events), replication).notes.begun;
    expect(begun('events: [{at: 20ms, weight: {domain: a, value: 512}}]')).toEqual([
      [20, 'weight'],
    ]);
    expect(begun('events: [{every: 40ms, blip: {domain: a}}]')).toEqual([
      [40, 'blip'],
      [80, 'blip'],
    ]);
    expect(begun('events: [{at: 0, every: 40ms, blip: {domain: a}}]')).toHaveLength(3);
    const random = 'events: [{at: {uniform: [10ms, 90ms]}, blip: {domain: a}}]';
    expect(begun(random, 3)).toEqual(begun(random, 3));
    expect(begun(random, 3)).not.toEqual(begun(random, 4));
  });

  it('pauses for a time, for each snapshot', () => {
    const { notes, cpuTimes } = run(
      text(
        'events: [{at: 10ms, every: 50ms, pause: {domain: a, for: 5ms}}]',
        '"null"',
        ', pcpus: 3',
      ),
    );
    expect(notes.ended).toEqual([
      [10, 'pause', 'done'],
      [15, 'unpause', 'done'],
      [60, 'pause', 'done'],
      [65, 'unpause', 'done'],
    ]);
    expect(cpuTimes).toEqual([90, 100, 100]);
  });

  it('takes the time that the toolstack needs, one operation after the other', () => {
    const { notes } = run(
      text(`toolstack_time: 2ms
events:
  - {at: 10ms, weight: {domain: a, value: 512}}
  - {at: 10ms, weight: {domain: b, value: 512}}`),
    );
    expect(notes.begun).toEqual([
      [10, 'weight'],
      [12, 'weight'],
    ]);
    expect(notes.ended).toEqual([
      [12, 'weight', 'done'],
      [14, 'weight', 'done'],
    ]);
  });

  it('creates and destroys domains: before and after they take no time', () => {
    const { cpuTimes } = run(
      text(
        `events:
  - {at: 20ms, create: {domain: b}}
  - {at: 70ms, destroy: {domain: b}}
  - {at: 80ms, pause: {domain: b}}`,
        '"null"',
        ', pcpus: 3',
      ),
    );
    expect(cpuTimes).toEqual([100, 50, 50]);
  });

  it('means all vCPUs of a domain where it names none', () => {
    const events = 'events: [{at: 1ms, hard_affinity: {domain: b, pcpus: [1]}}]';
    const { notes, cpuTimes } = run(text(events, 'credit', ', pcpus: 2'));
    expect(notes.begun).toHaveLength(2);
    expect(cpuTimes[0]).toBeGreaterThan(98);
  });

  it.each([
    ['weight: {domain: a, value: 512}', 'credit2'],
    ['cap: {domain: a, value: 50}', 'credit'],
    ['parameters: {ratelimit: 2ms}', 'credit2'],
    ['parameters: {timeslice: 5ms, ratelimit: 0, migration_delay: 1ms}', 'credit'],
    ['reservation: {domain: a, period: 10ms, budget: 5ms}', 'rtds'],
    ['reservation: {domain: b, vcpu: 1, period: 10ms, budget: 5ms, extratime: false}', 'rtds'],
    ['soft_affinity: {domain: a, vcpu: 0, pcpus: [0]}', 'credit2'],
    ['pause: {domain: b, vcpu: 1, for: 1ms}', 'credit'],
    ['down: {domain: a}', '"null"'],
    ['unblock: {domain: a}', 'rtds'],
    ['remove_pcpu: {pcpu: 1, for: 10ms}', '"null"'],
  ])('%s, under %s', (action, scheduler) => {
    const { notes } = run(text(`events: [{at: 20ms, ${action}}]`, scheduler, ', pcpus: 2'));
    expect(notes.ended.length).toBeGreaterThan(0);
    for (const [, , outcome] of notes.ended as unknown[][]) expect(outcome).toBe('done');
  });
});

describe('mistakes in events and topology', () => {
  it.each([
    ['events: [{at: 1ms, weight: {domain: §bb, value: 512}}]', 'there is no domain "bb"'],
    [
      'events: [{at: 1ms, weight: {domain: a, value: §70000}}]',
      'expected a whole number from 1 to 65535',
    ],
    ['events: [{at: 1ms, cap: {domain: a, value: §101}}]', 'expected a cap of at most 100'],
    ['events: [{at: 1ms, down: {domain: b, vcpu: §2}}]', 'domain "b" has no vCPU 2: it has 2'],
    ['events: [{at: 1ms, §wieght: {domain: a, value: 512}}]', 'unknown key "wieght"'],
    ['events: [§{weight: {domain: a, value: 512}}]', 'a time: at, every, or both'],
    ['events: [§{at: 1ms}]', 'one of the operations weight, cap'],
    ['events: [{at: 1ms, remove_pcpu: {pcpu: §3}}]', 'there is no pCPU 3: machine.pcpus is 1'],
    ['events: [{at: 1ms, remove_pcpu: {pcpu: §0}}]', 'pCPU 0 stays'],
    [
      'events: [{at: 1ms, reservation: §{domain: a, period: 10ms, budget: 5ms}}]',
      'credit has no reservation to change: only rtds has one',
    ],
    ['events: [{at: 1ms, create: {domain: a}}, {at: 2ms, create: {domain: §a}}]', 'created twice'],
    ['events: [{every: 1ms, create: {domain: §a}}]', 'created once'],
    ['toolstack_time: §10', 'a duration like 10ms'],
  ])('%s', (marked, message) => {
    const { text: events, positions } = unmark(marked);
    const problems = refuse(text(events));
    const line = 5;
    const [, column] = positions[0].split(':');
    expect(lines(problems).join('\n')).toContain(message);
    expect(lines(problems).some((told) => told.startsWith(`${line + 1}:${column} `))).toBe(true);
  });

  it.each([
    ['topology: {cores: 2, threads: 2}, pcpus: 3', 'sockets * cores * threads is 1 * 2 * 2 = 4'],
    ['topology: {cores: 2, nodes: [[0], [0, 1]]}', 'pCPU 0 is in two'],
    ['topology: {cores: 2, nodes: [[0]]}', 'pCPU 1 is in none'],
    ['topology: {cores: 2, nodes: [[0], [1, 2]]}', 'there is no pCPU 2 of 2'],
    ['topology: {cores: 2, layout: interleaved}', 'one of: neighbours, split'],
  ])('%s', (machine, message) => {
    expect(lines(refuse(text('', 'credit', `, ${machine}`))).join('\n')).toContain(message);
  });

  it('a topology says how many pCPUs there are', () => {
    const [{ setup }] = accept(
      text('', 'credit2', ', topology: {sockets: 2, cores: 2, threads: 2}'),
    ).cells;
    expect(setup.machine.pcpus).toBe(8);
  });
});
