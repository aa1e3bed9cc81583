import { describe, expect, it } from 'vitest';
import { DARIO, formsOf, holdClosedForm, SAMPLED } from './closed-form.ts';

describe('the closed form of the wait of a softirq', () => {
  it('is that of renewal theory where all costs but those of pages are nothing', () => {
    const [upstream, duringOnly] = formsOf(SAMPLED).map(({ form }) => form);
    if (typeof upstream === 'string' || typeof duringOnly === 'string') throw new Error('none');
    const [w, c, n] = [52e3, 52e3, 4];
    expect(upstream.mean).toBeCloseTo((w * (w / 2) + n * c * (c / 2)) / (w + n * c), 6);
    expect(duringOnly.mean - upstream.mean).toBeCloseTo((w * c) / (w + n * c), 6);
    expect(upstream.longest).toBe(c);
    expect(duringOnly.longest).toBe(w + c);
    expect(upstream.beyond(0)).toBe(1);
    expect(upstream.beyond(c / 2)).toBeCloseTo(0.5, 9);
    expect(duringOnly.beyond(c)).toBeCloseTo(w / (w + n * c), 9);
    expect(upstream.beyond(c)).toBe(0);
  });

  it.each([
    ['a study of it', SAMPLED, {}, 300],
    ['the main study', DARIO, {}, 64],
  ] as const)('is what the simulator gives: %s', (_, source, sets, replications) => {
    holdClosedForm(source, sets, replications);
  });

  it.each([
    ['machine.pcpus', '2', 'one pCPU'],
    ['policy.style', 'tasklet', 'in place'],
    ['machine.stage2_bits', '40', 'accessed'],
    ['domains.sleeper.vcpus.0.guest.mean', '20us', 'pending already'],
    [
      'domains.flusher.memory',
      '[{start: 1GiB, size: 2MiB}, {start: 2GiB, size: 2MiB, block: 4KiB}]',
      'one size',
    ],
  ])('is not told where it does not hold: %s=%s', (path, value, why) => {
    const sets: Record<string, string> =
      path === 'policy.style' ? { 'policies.upstream.style': value } : { [path]: value };
    expect(formsOf(DARIO, sets)[0].form).toContain(why);
  });
});
