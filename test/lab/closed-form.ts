import { expect } from 'vitest';
import { estimate } from '../../src/analysis/summary.ts';
import { runStudy } from '../../src/experiment/study.ts';
import { closedForm } from '../../src/lab/machine/closed-form.ts';
import { settingOf } from '../../src/lab/setting.ts';
import { sourceOf } from './lab-source.ts';

export const SAMPLED = sourceOf('experiments/theory/15-before-sampled.yaml');
export const DARIO = sourceOf('experiments/dario.yaml');

/** Of each policy of a setting: what is said in closed form of it, and what is simulated. */
export function formsOf(source: typeof DARIO, sets: Record<string, string> = {}, replications = 1) {
  const [{ name }] = source.experiments;
  const found = settingOf(source, { experiment: name, sets, replications });
  if (!found.ok) throw new Error(found.message);
  return runStudy(found.setting.experiment, { replications }).map((result) => ({
    policy: result.cell.policy,
    form: closedForm(result.cell.setup),
    simulated: estimate(result, 'softirq_flush', 'mean'),
  }));
}

/** The closed form is what is simulated, for both policies at least. */
export function holdClosedForm(
  source: typeof DARIO,
  sets: Record<string, string>,
  replications: number,
): void {
  const having = formsOf(source, sets, replications).filter(({ form }) => typeof form !== 'string');
  expect(having.map(({ policy }) => policy)).toEqual(
    expect.arrayContaining(['upstream', 'during-only']),
  );
  for (const { form, simulated } of having) {
    if (typeof form === 'string') continue;
    // Three standard errors: seeds are those of the files.
    const half = (1.5 * (simulated.hi - simulated.lo)) / 2;
    expect(Math.abs(form.mean - simulated.estimate)).toBeLessThan(half);
    expect(half).toBeLessThan(form.mean / 2);
  }
}
