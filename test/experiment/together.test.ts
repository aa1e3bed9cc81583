import { describe, expect, it } from 'vitest';
import { lines, refuse } from './fixtures.ts';

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

  it('a domain of several vCPUs that flushes while its accesses are tracked', () => {
    const problems = refuse(
      `${TOP}domains: {a: {vcpus: [{guest: {name: set-way-flusher, period: 1ms}, count: 2}]}}
machine: {stage2_bits: 40}
`,
    );
    expect(lines(problems)[0]).toContain('domains.a.vcpus: with machine.stage2_bits');
    expect(lines(problems)[0]).toContain('p2m lock');
  });
});
