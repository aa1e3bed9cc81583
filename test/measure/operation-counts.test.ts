import { describe, expect, it } from 'vitest';
import { MS } from '../../src/engine/time.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { experiment } from '../parts/small-study.ts';

/** What is counted of an experiment with one vCPU in domain a and two in b, on two pCPUs. */
function counted(events: string, scheduler: string) {
  const study = experiment(`
duration: 100ms
machine: {pcpus: 2, costs: zero, timers: exact, scheduler: ${scheduler}}
domains: {a: {vcpus: [{guest: hog}]}, b: {vcpus: [{guest: hog, count: 2}]}}
policies: {upstream: {before: true, during: {threshold: 512}}}
${events}
`);
  return replicate(study.cells[0].setup, 1, 0).operations;
}

describe('what the toolstack did', () => {
  it.each([
    ['weight: {domain: a, value: 512}', 'credit2', ['weight of a: 512']],
    ['cap: {domain: a, value: 50}', 'credit', ['cap of a: 50 %']],
    ['cap: {domain: a, value: 0}', 'credit', ['cap of a: none']],
    [
      'parameters: {timeslice: 5ms, ratelimit: 0, migration_delay: 1ms}',
      'credit',
      ['scheduler: timeslice 5ms, ratelimit 0, migration_delay 1ms'],
    ],
    [
      'reservation: {domain: a, period: 10ms, budget: 5ms}',
      'rtds',
      ['reservations of a: 5ms in 10ms'],
    ],
    [
      'reservation: {domain: b, vcpu: 1, period: 10ms, budget: 5ms, extratime: false}',
      'rtds',
      ['reservation of b/1: 5ms in 10ms, without extratime'],
    ],
    [
      'hard_affinity: {domain: b, pcpus: [0, 1]}',
      'credit2',
      ['hard affinity of b/0: 0, 1', 'hard affinity of b/1: 0, 1'],
    ],
    ['soft_affinity: {domain: a, vcpu: 0, pcpus: [0]}', 'credit2', ['soft affinity of a/0: 0']],
    ['pause: {domain: b, for: 1ms}', 'credit', ['pause b', 'unpause b']],
    ['pause: {domain: b, vcpu: 1, for: 1ms}', 'credit', ['pause b/1', 'unpause b/1']],
    ['destroy: {domain: b}', 'credit', ['destroy b']],
    ['create: {domain: b}', 'credit', ['create b']],
    ['down: {domain: a}', 'credit', ['a/0 down']],
    ['up: {domain: a}', 'credit', ['a/0 up']],
    ['blip: {domain: a}', 'credit', ['a/0 down and up']],
    ['unblock: {domain: a, from_pcpu: 1}', 'rtds', ['event for a/0 from pCPU 1']],
    [
      'remove_pcpu: {pcpu: 1, for: 10ms}',
      '"null"',
      ['pCPU 1 leaves the pool', 'pCPU 1 comes back'],
    ],
  ])('%s, under %s, in words', (action, scheduler, words) => {
    const operations = counted(`events: [{at: 20ms, ${action}}]`, scheduler);
    expect(operations?.map(({ what }) => what)).toEqual(words);
    for (const { outcomes } of operations ?? []) expect(outcomes).toEqual({ done: 1 });
  });

  it('is counted by what it was and what came of it', () => {
    const events =
      'events: [{at: 10ms, every: 20ms, unpause: {domain: a}}, {at: 20ms, pause: {domain: a, for: 5ms}}, {at: 60ms, pause: {domain: a}}]';
    expect(counted(events, 'credit')).toEqual([
      { what: 'unpause a', first: 10 * MS, last: 90 * MS, outcomes: { invalid: 4, done: 2 } },
      { what: 'pause a', first: 20 * MS, last: 60 * MS, outcomes: { done: 2 } },
    ]);
  });

  it('is not told where there are no events', () => {
    expect(counted('', 'credit')).toBeUndefined();
  });
});
