import { estimate } from '../../analysis/summary.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { CellResult } from '../../experiment/outcome.ts';
import type { LatencyKind } from '../../measure/latency-kinds.ts';
import type { ClosedForm, ClosedFormResult } from './closed-form.ts';

/** What theory says beside the simulation, policy by policy, or why it says nothing. */
export function theoryLines(
  kind: LatencyKind,
  results: readonly CellResult[],
  forms: readonly (ClosedFormResult | undefined)[],
): string[] {
  if (kind !== 'softirq_flush') {
    return [
      `There is no closed form for ${kind} here. There is one for softirq_flush: a softirq that is raised at a random moment of a flush.`,
    ];
  }
  const lines = results.map((result, i) => {
    const form = forms[i];
    const { policy } = result.cell;
    if (form === undefined) return `${policy}: none.`;
    if (typeof form === 'string') return `${policy}: no closed form, as ${form}.`;
    return `${policy}: ${timeText(form.mean)} on average, ${timeText(form.longest)} at most. ${agreement(result, kind, form)}`;
  });
  return [
    'If softirqs are raised at random moments of the flush, or of the window before it (dotted in the charts):',
    ...lines,
    ...worthOfTheCheck(results, forms),
  ];
}

function agreement(result: CellResult, kind: LatencyKind, { mean }: ClosedForm): string {
  const { estimate: found, lo, hi, samples } = estimate(result, kind, 'mean');
  if (samples === 0 || Number.isNaN(lo)) return 'Too little was simulated to compare.';
  if (lo <= mean && mean <= hi) return `Simulated ${timeText(found)}: its interval holds it.`;
  return (
    `Simulated ${timeText(found)}: its interval does not hold it. ` +
    `Softirqs of the scheduler's own timers do not come at random moments, and other interrupts add their handlers.`
  );
}

/** What the check before the flush is worth on the mean: w c / (w + n c). */
function worthOfTheCheck(
  results: readonly CellResult[],
  forms: readonly (ClosedFormResult | undefined)[],
): string[] {
  const found = results.findIndex(
    ({ cell: { setup } }, i) => setup.policy.before && typeof forms[i] === 'object',
  );
  const form = forms[found];
  if (typeof form !== 'object') return [];
  const { window: w, chunk: c, flush } = form;
  return [
    `The check before the flush is worth w c / (w + n c) = ${timeText((w * c) / (w + flush))} on the mean under ${results[found].cell.policy}: ` +
      `w = ${timeText(w)} before it, c = ${timeText(c)} from check to check, n c = ${timeText(flush)} of flush.`,
  ];
}
