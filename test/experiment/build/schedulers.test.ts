import { describe, expect, it } from 'vitest';
import { buildMachine } from '../../../src/experiment/build/build.ts';
import { RUNNING } from '../../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { CREDIT_DEFAULTS } from '../../../src/schedulers/credit/params.ts';
import { CREDIT2_DEFAULTS } from '../../../src/schedulers/credit2/params.ts';
import { RTDS_DEFAULTS } from '../../../src/schedulers/rtds/params.ts';
import { accept, lines, refuse, unmark } from '../fixtures.ts';

/** An experiment with one vCPU in domain a and two in b, 100 ms long, at no costs. */
function text(scheduler: string, rest = 'domains: {a: {vcpus: [{guest: hog}]}, b: B}'): string {
  const b = '{vcpus: [{guest: hog, count: 2}]}';
  return `question: Does it matter?
replications: 1
duration: 100ms
machine: {timers: exact, scheduler: ${scheduler}}
${rest.replace('B', b)}
`;
}

function setupOf(experiment: string) {
  const { cells } = accept(experiment);
  expect(cells).toHaveLength(1);
  return cells[0].setup;
}

/** CPU time of each vCPU [ms]. */
function cpuTimes(experiment: string): number[] {
  const setup = setupOf(experiment);
  const free = Object.fromEntries(Object.keys(setup.machine.costs).map((name) => [name, 0]));
  const costs = free as typeof setup.machine.costs;
  const machine = { ...setup.machine, costs };
  const built = buildMachine({ ...setup, machine }, 1, 0, new Probe());
  built.machine.run(setup.duration);
  return built.machine.vcpus.map((vcpu) => built.machine.core.timeIn(vcpu, RUNNING) / 1e6);
}

describe('a scheduler of an experiment', () => {
  it.each([
    ['credit', CREDIT_DEFAULTS],
    ['credit2', CREDIT2_DEFAULTS],
    ['rtds', {}],
    ['"null"', {}],
    ['round-robin', { timeslice: 10e6 }],
    ['fixed-priority', { preemptive: true, priorities: {} }],
    ['edf', { deadlines: {} }],
  ])('%s has the defaults of its own parameters', (name, defaults) => {
    const scheduler = { name: name.replaceAll('"', ''), ...defaults };
    expect(setupOf(text(name)).machine.scheduler).toEqual(scheduler);
    expect(setupOf(text(`{name: ${name}}`)).machine.scheduler).toEqual(scheduler);
  });

  it('has its parameters with units', () => {
    const credit2 = `{name: credit2, ratelimit: 0, runqueue: cpu, max_cpus_runqueue: 4, cap_period: 20ms,
      migrate_resist: 1us, load_window_shift: 18, load_precision_shift: 10, balance_under: 1, balance_over: -1,
      smt_power_savings: true}`;
    expect(setupOf(text(credit2)).machine.scheduler).toEqual({
      name: 'credit2',
      ratelimit: 0,
      runqueue: 'cpu',
      maxPcpusPerRunqueue: 4,
      capPeriod: 20e6,
      migrateResist: 1e3,
      loadWindowShift: 18,
      loadPrecisionShift: 10,
      balanceUnder: 1,
      balanceOver: -1,
      smtPowerSavings: true,
    });
  });

  it('has the reservation of a vCPU, else of its domain, else none', () => {
    const domains = `domains:
  a: {rtds: {period: 20ms}, vcpus: [{guest: hog, rtds: {budget: 1ms, extratime: false}}, {guest: hog}]}
  b: {vcpus: [{guest: hog}]}`;
    const groups = setupOf(text('rtds', domains)).domains.flatMap(({ vcpus }) => vcpus);
    expect(groups.map(({ rtds }) => rtds)).toEqual([
      { ...RTDS_DEFAULTS, budget: 1e6, extratime: false },
      { ...RTDS_DEFAULTS, period: 20e6 },
      undefined,
    ]);
  });
});

describe('the machine of an experiment runs the scheduler with its parameters', () => {
  it('null: only who has a pCPU', () => {
    expect(cpuTimes(text('"null"'))).toEqual([100, 0, 0]);
  });

  it('rtds: budgets, from the second period on', () => {
    const budget = (ms: number) => `{period: 10ms, budget: ${ms}ms, extratime: false}`;
    const domains = `domains:
  a: {rtds: ${budget(2)}, vcpus: [{guest: hog}]}
  b: {vcpus: [{guest: hog, rtds: ${budget(1)}}, {guest: hog, rtds: ${budget(3)}}]}`;
    expect(cpuTimes(text('rtds', domains))).toEqual([4 + 9 * 2, 4 + 9 * 1, 2 + 9 * 3]);
  });

  it('arinc653: its time table, an entry without domain is idle', () => {
    const table = `{name: arinc653, major_frame: 10ms, entries: [
      {domain: a, runtime: 3ms}, {runtime: 1ms}, {domain: b, runtime: 4ms}, {domain: b, vcpu: 1, runtime: 1ms}]}`;
    expect(cpuTimes(text(table))).toEqual([30, 40, 10]);
  });

  it('round-robin: equal turns', () => {
    expect(cpuTimes(text('{name: round-robin, timeslice: 20ms}'))).toEqual([40, 40, 20]);
  });

  it('fixed-priority: priorities by name, 0 for the rest', () => {
    expect(cpuTimes(text('{name: fixed-priority, priorities: {b: 1}}'))).toEqual([0, 100, 0]);
  });

  it('edf: deadlines by name, none for the rest', () => {
    expect(cpuTimes(text('{name: edf, deadlines: {b: 5ms}}'))).toEqual([0, 100, 0]);
  });
});

/** Each: what is wrong, a scheduler with § at each of its problems, and those. */
const MISTAKES: readonly (readonly [string, string, ...string[]])[] = [
  [
    'null without quotes',
    '§null',
    'machine.scheduler: expected a name, or a mapping with the key name (the scheduler null in quotes: "null"), found nothing',
  ],
  [
    'runqueue',
    '{name: credit2, runqueue: §cores}',
    'machine.scheduler.runqueue: expected one of: cpu, core, socket, node, all, found "cores"',
  ],
  [
    'table of strangers',
    '{name: arinc653, major_frame: 9ms, entries: [{domain: §c, runtime: 1ms}, {domain: b, vcpu: §2, runtime: 1ms}]}',
    'machine.scheduler.entries.0.domain: there is no domain "c"',
    'machine.scheduler.entries.1.vcpu: domain "b" has no vCPU 2: it has 2 and they count from 0',
  ],
  [
    'table too long',
    '{name: arinc653, major_frame: §5ms, entries: [{domain: a, runtime: 3ms}, {runtime: 3ms}]}',
    'machine.scheduler.major_frame: the entries take 6ms, longer than the major_frame (5ms)',
  ],
  [
    'too many entries',
    `{name: arinc653, major_frame: 1s, entries: §[${'{runtime: 1ms}, '.repeat(65)}]}`,
    'machine.scheduler.entries: expected at most 64 entries, found a list',
  ],
  [
    'priority of a stranger',
    '{name: fixed-priority, priorities: {a: 1, c: §2}}',
    'machine.scheduler.priorities.c: there is no domain "c"',
  ],
  [
    'deadline of a stranger',
    '{name: edf, deadlines: {d: §2ms}}',
    'machine.scheduler.deadlines.d: there is no domain "d"',
  ],
];

describe('a mistake in a scheduler is found where it is', () => {
  it.each(MISTAKES)('%s', (_, scheduler, ...problems) => {
    const marked = unmark(text(scheduler));
    const expected = problems.map((problem, i) => `${marked.positions[i]} ${problem}`);
    expect(lines(refuse(marked.text))).toEqual(expected);
  });

  it('a table that is missing', () => {
    expect(lines(refuse(text('arinc653')))).toEqual([
      '4:26 machine.scheduler.major_frame: "major_frame" is missing: expected a duration like 10ms, longer than 0',
      '4:26 machine.scheduler.entries: "entries" is missing: expected a list of entries, at least one',
    ]);
  });

  it('a budget longer than its period', () => {
    const domains = `domains:
  a: {rtds: {budget: §20ms}, vcpus: [{guest: hog}]}
  b: {vcpus: [{guest: hog, §rtds: {period: 1ms}}]}`;
    const marked = unmark(text('rtds', domains));
    expect(lines(refuse(marked.text))).toEqual([
      `${marked.positions[0]} domains.a.rtds.budget: the budget (20ms) is longer than the period (10ms)`,
      `${marked.positions[1]} domains.b.vcpus.0.rtds.budget: the budget (4ms) is longer than the period (1ms)`,
    ]);
  });

  it('is told once, with the level that causes it', () => {
    const factors =
      'factors: {s: {set: machine.scheduler, levels: [credit, {name: edf, deadlines: {c: 1ms}}]}}';
    const problems = refuse(`${text('credit')}${factors}\n`);
    expect(problems.map(({ message }) => message)).toEqual([
      'there is no domain "c" (at s=name-edf+deadlines-c-1ms)',
    ]);
  });
});
