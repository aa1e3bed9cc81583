import { describe, expect, it } from 'vitest';
import { accept, lines, MINIMAL, refuse } from '../fixtures.ts';

const POLICIES = `${MINIMAL}policies:
  counted: {before: true, during: {threshold: 512}}
  blocks: {before: false, during: {block: 2MiB}}
`;
const policies = (...overrides: string[]) =>
  accept(POLICIES, overrides).cells.map(({ setup }) => setup.policy);

describe('overrides of policies', () => {
  it.each([
    ['style', 'tasklet', 'style'],
    ['lock', 'break', 'lock'],
    ['traps', 'none', 'traps'],
    ['loop', 'vcpu-pcpu', 'loop'],
    ['charge', 'nobody', 'charge'],
  ] as const)('policy.%s sets it in every policy', (key, value, name) => {
    expect(policies(`policy.${key}=${value}`).map((policy) => policy[name])).toEqual([
      value,
      value,
    ]);
  });

  it('policy.deferred_round is a duration', () => {
    const rounds = policies('policy.deferred_round=50us').map(({ deferredRound }) => deferredRound);
    expect(rounds).toEqual([50_000, 50_000]);
  });

  it('policy.during.block concerns policies with that rule only', () => {
    const [counted, blocks] = policies('policy.during.block=1GiB');
    expect(counted.during.kind).toBe('count');
    expect(blocks.during).toEqual({ kind: 'block', order: 18 });
  });

  it('a path that no policy has suggests one', () => {
    const [line] = lines(refuse(POLICIES, ['policy.styl=tasklet']));
    expect(line).toContain('no policy has what the path');
    expect(refuse(POLICIES, ['policy.styl=tasklet'])[0].suggestion).toContain('policy.style');
  });
});

describe('overrides that leave out what a file has', () => {
  const STUDY = `${POLICIES}factors: {pcpus: {set: machine.pcpus, levels: [1, 2]}}
compare: {along: {pcpus: 1}, pairs: [[counted/pcpus=1, blocks/pcpus=2]]}
questions:
  - {ask: How many?, answers: [{say: "{counted/pcpus=1 virq.mean}"}]}
`;
  const WITHOUT = ['factors={}', 'compare.along={}', 'compare.pairs=[]', 'questions=[]'];

  it('leave the base setting of each policy, whose values can be set', () => {
    const { cells, compare, questions } = accept(STUDY, [...WITHOUT, 'machine.pcpus=4']);
    expect(cells.map(({ id, setup }) => [id, setup.machine.pcpus])).toEqual([
      ['counted', 4],
      ['blocks', 4],
    ]);
    expect(compare.along.length + compare.pairs.length + questions.length).toBe(0);
  });

  it('leave nothing that refers to what is left out', () => {
    expect(refuse(STUDY, WITHOUT.slice(0, 1)).length).toBeGreaterThan(0);
  });
});
