import { describe, expect, it } from 'vitest';
import { lines, refuse } from '../fixtures.ts';

const TOP = 'question: Does it matter?\nreplications: 20\nduration: 1s\n';

describe('mistakes that several parts of a file make together', () => {
  it('a notifier whose target is no sleeper', () => {
    const problems = refuse(
      `${TOP}domains: {n: {vcpus: [{guest: {name: notifier, period: 1ms, target: nobody}}]}}\n`,
    );
    expect(lines(problems)[0]).toContain(
      'domains.n.vcpus.0.guest.target: nobody is no domain whose first vCPU is a sleeper',
    );
  });

  it('an ideal flush without check points whose p2m a sibling could change', () => {
    const problems = refuse(
      `${TOP}domains: {a: {vcpus: [{guest: {name: set-way-flusher, period: 1ms}, count: 2}]}}
machine: {stage2_bits: 40}
policies: {ideal: {before: true, during: immediate}}
`,
    );
    expect(lines(problems)[0]).toContain('domains.a.vcpus: during: immediate');
    expect(lines(problems)[0]).toContain('expected one vCPU, a has 2');
  });

  it('programs that name domains which are not there, or not what they need', () => {
    const problems = refuse(
      `${TOP}domains:
  a: {vcpus: [{guest: {name: program, ops: [[run, 1ms], [io, a], [defer, nobody, 1ms]]}}]}
  model: {vcpus: [{guest: device-model}]}
`,
    );
    expect(lines(problems)).toHaveLength(2);
    expect(lines(problems)[0]).toContain(
      'domains.a.vcpus.0.guest.ops.1.1: a is no domain whose first vCPU is a device-model',
    );
    expect(lines(problems)[1]).toContain('domains.a.vcpus.0.guest.ops.2.1: nobody is no domain');
  });
});

describe('keys of a policy that do not go together', () => {
  it('the ideal without check points, and a style that acts at check points', () => {
    for (const style of ['continuation', 'tasklet', 'work-queue', 'no-softirqs']) {
      const problems = refuse(
        `${TOP}domains: {a: {vcpus: [{guest: hog}]}}
policies: {ideal: {before: true, during: immediate, style: ${style}}}
`,
      );
      expect(lines(problems)).toHaveLength(1);
      expect(lines(problems)[0]).toContain('policies.ideal.style: expected in-place');
    }
  });
});
