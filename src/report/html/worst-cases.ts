import type { Worst } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import { jobNames } from '../../experiment/schema/schema.ts';
import { byShare, causeFill, causeLegend } from './cause-style.ts';
import { charts } from './chart.ts';
import { escapeHtml } from './escape.ts';
import { WIDTH } from './style.ts';
import { htmlTable } from './table.ts';

/**
 * The worst samples of one kind: a strip that shows what the worst was made of, and a table of them.
 * @param cases - the worst of each policy, worst first
 * @param traceCommand - the command that makes the timeline of its replication
 * @param lanes - draws what happened before the end of the worst one
 */
export function worstCases(
  cases: readonly Worst[],
  traceCommand: (worst: Worst) => string,
  lanes: (worst: Worst) => string,
): string {
  const [worst] = cases;
  if (worst === undefined) return '';
  const table = htmlTable(
    ['policy', 'latency', 'ended at', 'pCPU', 'vCPU', 'causes', 'its timeline'],
    cases.map((sample) => [
      sample.cell.policy,
      `${sample.censored ? 'at least ' : ''}${timeText(sample.latency)}`,
      timeText(sample.time),
      sample.pcpu,
      sample.vcpu < 0 ? '-' : sample.vcpu,
      byShare(sample.causes, jobNames(sample.cell))
        .slice(0, 3)
        .map(({ cause, ns }) => `${cause} ${timeText(ns)}`)
        .join(', '),
      { code: traceCommand(sample) },
    ]),
  );
  return `<h3>${worst.kind}</h3>\n${charts([strip(worst), lanes(worst)])}\n${table}`;
}

const HEIGHT = 58;

/** The causes of one latency as parts of a bar, in the order of their size. */
function strip(worst: Worst): string {
  let at = 0;
  const parts = byShare(worst.causes, jobNames(worst.cell)).map(({ cause, ns }) => {
    const x = at;
    const width = (WIDTH * ns) / worst.latency;
    at += width;
    return (
      `<g class="s-${cause}"><rect x="${round(x)}" y="4" width="${round(width)}" height="28" fill="${causeFill(cause, jobNames(worst.cell))}" ` +
      `stroke="currentColor" stroke-width="0.5" vector-effect="non-scaling-stroke"><title>${cause}: ${timeText(ns)}</title></rect></g>`
    );
  });
  const title = `The worst ${worst.kind}: ${worst.censored ? 'at least ' : ''}${timeText(worst.latency)}`;
  const caption = `${worst.cell.id}, replication ${worst.replication}; parts in the order of their size, not of time.`;
  return [
    '<figure class="chart strip">',
    `<h4>${escapeHtml(title)}</h4>`,
    causeLegend([worst.causes], jobNames(worst.cell)),
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    `<svg class="zoom" x="0" y="0" width="${WIDTH}" height="36" viewBox="0 0 ${WIDTH} 36" preserveAspectRatio="none">${parts.join('')}</svg>`,
    `<g class="ends"><text x="0" y="52">0</text><text x="${WIDTH}" y="52" text-anchor="end">${timeText(worst.latency)}</text></g>`,
    '</svg>',
    `<figcaption>${escapeHtml(caption)}</figcaption>`,
    '</figure>',
  ].join('\n');
}

/** Four digits more than a pixel: it can be zoomed. */
function round(value: number): number {
  return Number(value.toFixed(4));
}
