import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../../src/input/problems.ts';
import { lines, MINIMAL, refuse, unmark } from '../fixtures.ts';

/** Each: what is wrong, text added to the smallest experiment with § at its only problem, and that. */
const ADDED: readonly (readonly [string, string, string])[] = [
  ['unknown key', '§mesure: 1', 'mesure: unknown key "mesure"'],
  ['unknown key inside', 'machine: {§pcpu: 1}', 'machine.pcpu: unknown key "pcpu"'],
  [
    'zero pCPUs',
    'machine: {pcpus: §0}',
    'machine.pcpus: expected a whole number from 1 to 256, found 0',
  ],
  [
    'part of a pCPU',
    'machine: {pcpus: §1.5}',
    'machine.pcpus: expected a whole number from 1 to 256, found 1.5',
  ],
  [
    'no number',
    'machine: {pcpus: §.inf}',
    'machine.pcpus: expected a whole number from 1 to 256, found Infinity',
  ],
  [
    'nothing',
    'machine:§',
    'machine: expected a mapping (keys: xen, pcpus, topology, scheduler, stage2_bits, system_cache, timers, timer_slop, costs), found nothing',
  ],
  [
    'Xen version',
    'machine: {xen: §4.13}',
    'machine.xen: expected one of: master, 4.17, 4.12, found 4.13',
  ],
  [
    'scheduler',
    'machine: {scheduler: §credits}',
    'machine.scheduler: expected one of: credit, credit2, rtds, null, arinc653, round-robin, fixed-priority, edf, found "credits"',
  ],
  [
    'scheduler name',
    'machine: {scheduler: {name: §fifo}}',
    'machine.scheduler.name: expected one of: credit, credit2, rtds, null, arinc653, round-robin, fixed-priority, edf, found "fifo"',
  ],
  [
    'scheduler parameter',
    'machine: {scheduler: {name: credit, §tslice: 1ms}}',
    'machine.scheduler.tslice: unknown key "tslice"',
  ],
  [
    'timeslice',
    'machine: {scheduler: {name: credit, timeslice: §1.5ms}}',
    'machine.scheduler.timeslice: expected a duration like 10ms from 1ms to 1s, a multiple of 1ms, found "1.5ms"',
  ],
  [
    'ratelimit',
    'machine: {scheduler: {name: credit, ratelimit: §50us}}',
    'machine.scheduler.ratelimit: expected a duration like 10ms from 100us to 500ms, or 0, found "50us"',
  ],
  [
    'bare number',
    'machine: {timer_slop: §50}',
    'machine.timer_slop: expected a duration like 10ms of at most 1s, found 50: add a unit (ns, us, ms, s)',
  ],
  [
    'negative duration',
    'machine: {timer_slop: §-50us}',
    'machine.timer_slop: expected a duration like 10ms of at most 1s, found "-50us": it must not be negative',
  ],
  [
    'cost name',
    'machine: {costs: {profile: zcu102-a53, §pages: 1us}}',
    'machine.costs.pages: unknown key "pages"',
  ],
  ['cost profile', 'machine: {costs: §a35}', 'machine.costs: there is no cost profile "a35"'],
  [
    'costs',
    'machine: {costs: §5}',
    'machine.costs: expected the name of a cost profile, or a mapping with the key profile, found 5',
  ],
  [
    'large seed',
    'seed: §9007199254740992',
    'seed: expected a whole number from 0 to 9007199254740991, found 9007199254740992',
  ],
  ['no policy', 'policies: §{}', 'policies: expected at least one policy, found an empty mapping'],
  [
    'policy name',
    'policies: {§a/b: {before: true, during: never}}',
    'policies.a/b: expected a name: a letter, then letters, digits, - or _ (at most 40 characters), found "a/b"',
  ],
  [
    'half a policy',
    'policies: {§p: {during: never}}',
    'policies.p.before: "before" is missing: expected true or false',
  ],
  [
    'rule',
    'policies: {p: {before: true, during: §nevr}}',
    'policies.p.during: expected never, immediate, {threshold: 512}, {every: 50us} or {block: 2MiB}, found "nevr"',
  ],
  [
    'two rules',
    'policies: {p: {before: true, during: {§every: 1us, threshold: 5}}}',
    'policies.p.during.every: unknown key "every"',
  ],
  [
    'every 0',
    'policies: {p: {before: true, during: {every: §0}}}',
    'policies.p.during.every: expected a duration like 10ms, longer than 0, found 0',
  ],
  [
    'style',
    'policies: {p: {before: true, during: never, style: §in-plaice}}',
    'policies.p.style: expected one of: in-place, continuation, tasklet, work-queue, no-softirqs, found "in-plaice"',
  ],
  [
    'latency',
    'measure: {latencies: [§wakeups]}',
    'measure.latencies.0: expected one of: softirq_timer',
  ],
  [
    'no latency',
    'measure: {latencies: §[]}',
    'measure.latencies: expected a list of kinds of latency, at least one, found an empty list',
  ],
  [
    'metric',
    'compare: {metrics: [§p95]}',
    'compare.metrics.0: expected one of: mean, min, p50, p90, p99, p999, max, found "p95"',
  ],
  [
    'margin',
    'compare: {margin: {relative: §1}}',
    'compare.margin.relative: expected a percentage from 0% to 100%, found 1: add a percent sign',
  ],
  ['baseline', 'compare: {baseline: §upstrem}', 'compare.baseline: there is no policy "upstrem"'],
  [
    'duplicate key',
    'seed: 1\n§duration: 2s',
    'duration: the key "duration" is there already, in line 3',
  ],
  ['forbidden key', '§__proto__: {}', ': the key "__proto__" is not allowed'],
  ['second document', '§---\nx: 1', ': not valid YAML: there is a second document'],
];

describe('a mistake is found where it is', () => {
  it.each(ADDED)('%s: %s', (_, added, problem) => {
    const { text, positions } = unmark(`${MINIMAL}${added}\n`);
    const found = lines(refuse(text));
    expect(found).toHaveLength(1);
    const expected = `${positions[0]} ${problem}`;
    expect(found[0].slice(0, expected.length)).toBe(expected);
  });

  it('says why a threshold cannot be 0', () => {
    const [problem] = refuse(`${MINIMAL}policies: {p: {before: true, during: {threshold: 0}}}\n`);
    expect(problem).toMatchObject({ line: 5, column: 50, found: '0' });
    expect(problem.message).toContain('without progress, for ever');
  });

  it('reports all of them at once, sorted by position', () => {
    const problems = refuse(`machine: {pcpus: 0, timers: exakt}
question: ""
duration: 0
domains: {a: {vcpus: [{guest: hog, soft_affinity: [7]}]}, b: {cap: 7e9, vcpus: 1}}
`);
    expect(problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      '1 replications',
      '1 machine.pcpus',
      '1 machine.timers',
      '2 question',
      '3 duration',
      '4 domains.b.cap',
      '4 domains.b.vcpus',
    ]);
  });

  it('suggests what was probably meant, else lists what is allowed', () => {
    const printed = formatProblems(
      refuse(`${MINIMAL}mesure: 1\nzzz: 2\nmachine: {costs: a35, timers: xe, timer_slop: 5µs}\n`),
    );
    expect(printed).toContain('x.yaml:5:1: mesure: unknown key "mesure"; did you mean "measure"?');
    expect(printed).toContain(
      'zzz: unknown key "zzz"; allowed: question, limits, seed, replications',
    );
    expect(printed).toContain('did you mean "xen"?');
    expect(printed).toContain('did you mean "5us"?');
  });

  it.each([
    ['', 'the file is empty'],
    ['# only a comment', 'the file is empty'],
    ['just words', 'expected a mapping (keys: question, limits, seed'],
    ['- 1', 'expected a mapping (keys: question, limits, seed'],
  ])('says what is wrong with the file %j as a whole', (text, message) => {
    const [problem, ...more] = refuse(text);
    expect(more).toEqual([]);
    expect(problem.message).toContain(message);
  });

  it('is refused with its control characters made harmless', () => {
    const printed = formatProblems(refuse(`${MINIMAL}"\\e[2J": \x1b[31m\n`));
    expect(printed).toContain('control character U+001B');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that none is left is the point
    expect(printed).not.toMatch(/[\x00-\x09\x0b-\x1f]/);
  });
});
