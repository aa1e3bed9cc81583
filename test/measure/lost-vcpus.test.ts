import { describe, expect, it } from 'vitest';
import { cautions } from '../../src/analysis/cautions.ts';
import { Digest } from '../../src/analysis/digest.ts';
import { MS } from '../../src/engine/time.ts';
import { replicate } from '../../src/experiment/replication.ts';
import { DEFECTS, LOST_AFTER } from '../../src/measure/lost-vcpus.ts';
import { experiment } from '../parts/small-study.ts';

function study(machine: string, rest: string) {
  return experiment(`
duration: 1s
machine: {${machine}}
policies: {upstream: {before: true, during: {threshold: 512}}}
measure: {latencies: [stall]}
${rest}
`);
}

function resultOf(machine: string, rest: string) {
  return replicate(study(machine, rest).cells[0].setup, 1, 0);
}

/** A vCPU with 10 ms in 50 ms that gets extratime at 130 ms: its budget is used up then. */
const RTDS = `
domains: {a: {rtds: {period: 50ms, budget: 10ms, extratime: false}, vcpus: [{guest: hog}]}}
events: [{at: 130ms, reservation: {domain: a, vcpu: 0, period: 50ms, budget: 10ms, extratime: true}}]
`;
/** pCPU 1 is taken; a domain is created whose vCPU prefers it, and comes up on pCPU 0, which is free. */
const NULL = `
domains:
  a: {vcpus: [{guest: hog, hard_affinity: [1]}]}
  b: {vcpus: [{guest: hog, start: 20ms, soft_affinity: [1]}]}
events: [{at: 10ms, create: {domain: b}}]
`;

describe('a lost vCPU', () => {
  it('of rtds is found on master, since when nobody was told, and named', () => {
    const { lost } = resultOf('scheduler: rtds', RTDS);
    expect(lost).toHaveLength(1);
    const [{ vcpu, from, to, defect }] = lost ?? [];
    expect([vcpu, defect]).toEqual(['a/0', DEFECTS.rtds]);
    // It has run for 10 ms of the period that began at 110 ms.
    expect(from).toBeGreaterThanOrEqual(120 * MS);
    expect(from).toBeLessThan(121 * MS);
    expect(to).toBe(1000 * MS);
    expect(resultOf('scheduler: rtds, xen: "4.12"', RTDS).lost).toBeUndefined();
  });

  it('of null is found on master, where its pCPU goes round in circles, and named', () => {
    const { lost } = resultOf('scheduler: "null", pcpus: 2', NULL);
    expect(lost?.map(({ vcpu, defect }) => [vcpu, defect])).toEqual([['b/0', DEFECTS.null]]);
    expect(resultOf('scheduler: "null", pcpus: 2, xen: "4.12"', NULL).lost).toBeUndefined();
  });

  it.each([
    [
      'one that has used up its budget',
      'scheduler: rtds',
      'rtds: {period: 900ms, budget: 4ms, extratime: false}, vcpus: [{guest: hog}]',
    ],
    [
      'one that null has no pCPU for',
      'scheduler: "null"',
      'vcpus: [{guest: {name: periodic-waker, period: 300ms}}, {guest: hog}]',
    ],
    [
      'one without a slot',
      'scheduler: {name: arinc653, major_frame: 500ms, entries: [{domain: a, vcpu: 0, runtime: 10ms}]}',
      'vcpus: [{guest: hog, count: 2}]',
    ],
    ['one that its cap has parked', 'scheduler: credit', 'cap: 1, vcpus: [{guest: hog}]'],
    [
      'one whose hard affinity is somewhere else',
      'scheduler: credit2, pcpus: 2',
      'vcpus: [{guest: hog, count: 2, hard_affinity: [1]}]',
    ],
  ])('is not %s', (_, machine, domain) => {
    expect(resultOf(machine, `domains: {a: {${domain}}}`).lost).toBeUndefined();
  });

  it('is told of as what it is', () => {
    const [cell] = study('scheduler: rtds', RTDS).cells;
    const digest = new Digest(cell, false);
    const result = replicate(cell.setup, 1, 0);
    for (const replication of [0, 1]) digest.add({ ok: true, replication, result });
    expect(cautions([digest]).join('\n')).toMatch(
      /A defect of Xen, which the model has: upstream: a\/0 \(2 times, for up to 8\d\d\.?\d* ms; rtds: extratime was switched on/,
    );
    const lost = [{ vcpu: 'a/0', from: 0, to: 0 + LOST_AFTER, defect: undefined }];
    const unknown = new Digest(cell, false);
    unknown.add({ ok: true, replication: 0, result: { ...result, lost } });
    expect(cautions([unknown]).join('\n')).toContain(
      'No known defect of Xen; look at the timeline: upstream: a/0 (once, for up to 100 ms).',
    );
  });
});
