import { describe, expect, it } from 'vitest';
import { inputsOf } from '../../src/experiment/inputs.ts';
import { sensitivity } from '../../src/experiment/sensitivity.ts';
import { fromFile } from '../theory/study.ts';

/** w = c = 52 us, n = 4; a softirq raised in w waits c longer without the check, which is 52 us / 5 on average. */
const study = fromFile('theory/15-before-sampled.yaml', [
  'compare={margin: {absolute: 1us, relative: 0%}}',
  'sampling.windows=[{from: 0, to: 5200ns, share: 50%}, {from: 5200ns, to: 52us, share: 20%}, {from: 52us, to: 260us, share: 20%}]',
]);

describe('the sensitivity of what a study finds', () => {
  it('is to its costs, rates and sizes, but not to what is 0 or sampled', () => {
    const names = inputsOf(study.cells[0].setup).map(({ name }) => name);
    expect(names).toEqual([
      'costs.handle_set_way',
      'costs.page',
      'flusher.ram',
      'flusher.period',
      'probe.ram',
    ]);
  });

  it('multiplies one input and nothing else', () => {
    const [{ setup }] = study.cells;
    for (const input of inputsOf(setup)) {
      const changed = inputsOf(input.times(setup, 2));
      for (const { name, value } of inputsOf(setup)) {
        const expected = name === input.name ? 2 * value : value;
        expect(changed.find((other) => other.name === name)?.value, name).toBe(expected);
      }
    }
  });

  it('finds what the closed form depends on, and how far it must move', () => {
    const { inputs, findings } = sensitivity(study, {
      factor: 32,
      trajectories: 2,
      replications: 60,
    });
    expect(findings).toHaveLength(1);
    const [{ policy, finding, difference, effects, overturned }] = findings;
    expect([policy, finding]).toEqual(['during-only', 'worse']);
    // w c / (w + n c), to what 60 replications know.
    expect(Math.abs(difference / (52e3 / 5) - 1)).toBeLessThan(0.05);
    const matter = inputs.filter((_, i) => effects[i].muStar > 0).map(({ name }) => name);
    expect(matter).toEqual(expect.arrayContaining(['costs.handle_set_way', 'costs.page']));
    expect(matter).not.toContain('probe.ram');
    // w c / (w + 4 c) = 1 us at w = 4 c / (c / 1 us - 1) = 4.08 us.
    const window = overturned.find(({ input }) => input.name === 'costs.handle_set_way');
    expect(window?.to).toBe('within the margin');
    expect(window?.multiple).toBeGreaterThan(0.06);
    expect(window?.multiple).toBeLessThan(0.1);
  });
});
