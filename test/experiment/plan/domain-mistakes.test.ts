import { describe, expect, it } from 'vitest';
import { lines, MINIMAL, refuse, unmark } from '../fixtures.ts';

const HEAD = MINIMAL.split('domains')[0];

/** Each: what is wrong, a domain with § at each of its problems, and those. */
const DOMAINS: readonly (readonly [string, string, ...string[]])[] = [
  [
    'no vCPU',
    'd: {vcpus: §[]}',
    'domains.d.vcpus: expected a list of vCPUs, at least one, found an empty list',
  ],
  [
    'no vCPUs',
    '§d: {weight: 1}',
    'domains.d.vcpus: "vcpus" is missing: expected a list of vCPUs, at least one',
  ],
  [
    'weight 0',
    'd: {weight: §0, vcpus: [{guest: hog}]}',
    'domains.d.weight: expected a whole number from 1 to 65535, found 0',
  ],
  [
    'cap',
    'd: {cap: §101, vcpus: [{guest: hog}]}',
    'domains.d.cap: expected a cap of at most 100 (100 for each of its vCPUs: 1), found 101',
  ],
  [
    'guest',
    'd: {vcpus: [{guest: §hogg}]}',
    'domains.d.vcpus.0.guest: expected one of: hog, periodic-waker, poisson-waker, replay-waker, sleeper, notifier, set-way-flusher, server, script, program, linux32, device-model, cache-cleaner, found "hogg"',
  ],
  [
    'guest parameter',
    'd: {vcpus: [{guest: {name: hog, §period: 1ms}}]}',
    'domains.d.vcpus.0.guest.period: unknown key "period"',
  ],
  [
    'missing parameter',
    'd: {vcpus: [{§guest: periodic-waker}]}',
    'domains.d.vcpus.0.guest.period: "period" is missing: expected a duration like 10ms, longer than 0',
  ],
  [
    'negative period',
    'd: {vcpus: [{guest: {name: periodic-waker, period: §-1ms}}]}',
    'domains.d.vcpus.0.guest.period: expected a duration like 10ms, longer than 0, found "-1ms": it must not be negative',
  ],
  [
    'phase',
    'd: {vcpus: [{guest: {name: periodic-waker, period: 1ms, phase: §3}}]}',
    'domains.d.vcpus.0.guest.phase: expected a duration like 10ms, or random, found 3: add a unit (ns, us, ms, s)',
  ],
  [
    'a law that there is not',
    'd: {vcpus: [{guest: {name: server, arrivals: §{§expo: 1us}, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals: expected one law, found a mapping',
    'domains.d.vcpus.0.guest.arrivals.expo: unknown key "expo"',
  ],
  [
    'two laws',
    'd: {vcpus: [{guest: {name: server, arrivals: §{exponential: 1us, uniform: [1us, 2us]}, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals: expected one law, found a mapping',
  ],
  [
    'probabilities that do not add up',
    'd: {vcpus: [{guest: {name: server, arrivals: {discrete: §[[1us, 50%], [2us, 49%]]}, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals.discrete: expected probabilities of 100% in all, found a list',
  ],
  [
    'a low end above the high end',
    'd: {vcpus: [{guest: {name: server, arrivals: {uniform: §[2us, 1us]}, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals.uniform: expected the lower end first, found a list',
  ],
  [
    'a mean of nothing',
    'd: {vcpus: [{guest: {name: server, arrivals: {exponential: §0}, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals.exponential: expected a duration like 10ms, longer than 0, found 0',
  ],
  [
    'a duration without unit',
    'd: {vcpus: [{guest: {name: server, arrivals: §5, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals: expected a duration like 10ms, found 5: add a unit (ns, us, ms, s)',
  ],
  [
    'a list for a law',
    'd: {vcpus: [{guest: {name: server, arrivals: §[1us], service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals: expected a duration, or a law like {exponential: 1us}, found a list',
  ],
  [
    'no time between arrivals',
    'd: {vcpus: [{guest: {name: server, arrivals: §0, service: 0}}]}',
    'domains.d.vcpus.0.guest.arrivals: expected a duration or law that is not 0 always, found 0',
  ],
  [
    'script',
    'd: {vcpus: [{guest: {name: script, ops: [§[jump, 1ms]]}}]}',
    'domains.d.vcpus.0.guest.ops.0: expected one of: [run, 1ms], [block, 1ms], [spin], [yield] (durations longer than 0), found a list',
  ],
  [
    'operand',
    'd: {vcpus: [{guest: {name: script, ops: [[run, §0]]}}]}',
    'domains.d.vcpus.0.guest.ops.0.1: expected a duration like 10ms, longer than 0, found 0',
  ],
  [
    'operands',
    'd: {vcpus: [{guest: {name: script, ops: [§[run]]}}]}',
    'domains.d.vcpus.0.guest.ops.0: expected [run, 1ms], found a list',
  ],
  [
    'endless script',
    'd: {vcpus: [{guest: {name: script, ops: §[[yield]]}}]}',
    'domains.d.vcpus.0.guest.ops: expected operations that take time, for a script that repeats, found a list',
  ],
  [
    'missing pCPU',
    'd: {vcpus: [{guest: hog, hard_affinity: §[1]}]}',
    'domains.d.vcpus.0.hard_affinity: there is no pCPU 1: machine.pcpus is 1 and they count from 0',
  ],
  [
    'block',
    'd: {memory: {ram: 64MiB, block: §1MiB}, vcpus: [{guest: hog}]}',
    'domains.d.memory.block: expected one of: 4KiB, 2MiB, 1GiB, found "1MiB"',
  ],
  [
    'odd size',
    'd: {memory: {ram: §3MiB}, vcpus: [{guest: hog}]}',
    'domains.d.memory.ram: ram (3MiB) is not a multiple of its block (2MiB)',
  ],
  [
    'misaligned extent',
    'd: {memory: [{start: §1MiB, size: 2MiB}], vcpus: [{guest: hog}]}',
    'domains.d.memory.0.start: the start of extent 1 (1MiB to 3MiB) is not a multiple of its block (2MiB)',
  ],
  [
    'overlapping extents',
    'd: {memory: [{start: 8MiB, size: 2MiB}, §{start: 4MiB, size: 6MiB}, §{start: 6MiB, size: 2MiB}], vcpus: [{guest: hog}]}',
    'domains.d.memory.1: extent 2 (4MiB to 10MiB) overlaps extent 1 (8MiB to 10MiB)',
    'domains.d.memory.2: extent 3 (6MiB to 8MiB) overlaps extent 2 (4MiB to 10MiB)',
  ],
];

describe('a mistake in a domain is found where it is', () => {
  it.each(DOMAINS)('%s: %s', (_, domain, ...problems) => {
    const { text, positions } = unmark(`${HEAD}domains: {${domain}}\n`);
    const expected = problems.map((problem, index) => `${positions[index]} ${problem}`);
    expect(lines(refuse(text))).toEqual(expected);
  });

  it('counts the vCPUs of all domains together', () => {
    const text = `${HEAD}domains: {a: {vcpus: [{guest: hog, count: 4096}]}, b: {vcpus: [{guest: hog}]}}\n`;
    expect(lines(refuse(text))).toEqual([
      '4:10 domains: expected at most 4096 vCPUs in all domains together, found 4097',
    ]);
  });
});
