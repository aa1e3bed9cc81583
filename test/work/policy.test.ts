import { describe, expect, it } from 'vitest';
import { UPSTREAM_POLICY } from '../../src/hypervisor/ports.ts';
import { flushRule, type Policy, preemptionPolicy } from '../../src/work/policy.ts';

const UPSTREAM: Policy = {
  before: true,
  during: { kind: 'count', threshold: 512, pageWeight: 10, skipWeight: 1 },
  style: 'in-place',
  lock: 'hold',
  traps: 'limited',
  deferredRound: 0,
  charge: 'vcpu',
};

describe('what the machine has to know of a policy', () => {
  it('the patch on master', () => {
    expect(preemptionPolicy(UPSTREAM, 'master')).toEqual(UPSTREAM_POLICY);
  });

  it('the order of the return path as the version has it, unless it is said', () => {
    const loopOf = (xen: '4.12' | '4.17' | 'master', loop?: Policy['loop']) =>
      preemptionPolicy({ ...UPSTREAM, loop }, xen).loop;
    expect(loopOf('4.12')).toBe('vcpu-pcpu');
    expect(loopOf('4.17')).toBe('while-vcpu-pcpu');
    expect(loopOf('4.12', 'do-pcpu-while-vcpu')).toBe('do-pcpu-while-vcpu');
  });

  it('all rules but the ideal wait for check points', () => {
    const during = (rule: Policy['during']) =>
      preemptionPolicy({ ...UPSTREAM, during: rule }, 'master').during;
    expect(during({ kind: 'immediate' })).toBe('immediate');
    expect(during({ kind: 'never' })).toBe('check-points');
    expect(during({ kind: 'block', order: 9 })).toBe('check-points');
  });
});

describe('where check points lie', () => {
  const rule = (during: Policy['during']) => flushRule({ ...UPSTREAM, during });

  it('as the rule says', () => {
    const counted = { threshold: 512, pageWeight: 10, skipWeight: 1 };
    expect(rule({ kind: 'count', ...counted })).toEqual(counted);
    expect(rule({ kind: 'every', everyNs: 50_000 })).toEqual({ everyNs: 50_000 });
    expect(rule({ kind: 'block', order: 18 })).toEqual({ blockOrder: 18 });
  });

  it('nowhere, if nothing is looked for, or nothing waits', () => {
    expect([rule({ kind: 'never' }), rule({ kind: 'immediate' })]).toEqual(['never', 'never']);
  });
});
