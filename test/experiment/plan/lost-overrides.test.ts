import { describe, expect, it } from 'vitest';
import { accept, refuse } from '../fixtures.ts';

const STUDY = `question: q
replications: 1
duration: 1s
machine: {pcpus: 1, scheduler: credit}
domains: {d: {vcpus: [{guest: hog, count: 2}]}}
policies:
  a: {before: true, during: {threshold: 512}}
  b: {before: true, during: never}
factors:
  scheduler: {levels: {credit: {machine.scheduler: credit}, rr: {machine.scheduler: round-robin}}}
  pcpus: {set: machine.pcpus, levels: [1, 16]}
  threshold: {set: policy.during.threshold, levels: [64, 512]}
`;

describe('what --set sets and a factor sets again', () => {
  it.each([
    ['machine.pcpus=2', 'pcpus'],
    ['machine.scheduler=rtds', 'scheduler'],
    ['machine.scheduler.timeslice=2ms', 'scheduler'],
    ['policy.during.threshold=32', 'threshold'],
    ['policies.a.during.threshold=32', 'threshold'],
  ])('is refused, as the factor would win: %s', (set, factor) => {
    const [problem] = refuse(STUDY, [set]);
    expect(problem.message).toContain(`the factor "${factor}" sets it`);
    expect(problem.file).toBe(`--set ${set}`);
  });

  it.each(['machine.timer_slop=2us', 'domains.d.vcpus.0.count=3', 'policies.b.before=false'])(
    'is applied where no factor does: %s',
    (set) => {
      const [key] = set.split('=');
      expect(accept(STUDY, [set]).overrides).toEqual([set]);
      expect(JSON.stringify(accept(STUDY, [set]).cells)).not.toBe(
        JSON.stringify(accept(STUDY).cells),
      );
      expect(key).not.toBe('');
    },
  );
});
