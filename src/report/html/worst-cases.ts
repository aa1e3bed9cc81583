import type { Worst } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import { jobNames } from '../../experiment/schema/schema.ts';
import { byShare, causeFill, causeLegend } from '../draw/cause-style.ts';
import { charts, figure } from '../draw/figure.ts';
import { momentAxis } from '../draw/moments.ts';
import { WIDTH } from '../draw/svg.ts';
import { causeWords } from '../explanation.ts';
import { escapeHtml } from './escape.ts';
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
    `The worst ${worst.kind}`,
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
  return `${charts([strip(worst) + parts(worst), lanes(worst)])}\n${table}`;
}

/** The same as a table, with what each cause is. */
function parts({ kind, causes, cell, latency }: Worst): string {
  const rows = byShare(causes, jobNames(cell)).map(({ cause, ns }) => [
    cause,
    timeText(ns),
    `${Number(((100 * ns) / latency).toPrecision(3))} %`,
    causeWords(cause),
  ]);
  if (rows.length === 0) return '';
  return htmlTable(`Causes of the worst ${kind}`, ['cause', 'time', 'part', 'what it is'], rows);
}

const HEIGHT = 58;

/** The causes of one latency as parts of a bar, in the order of their size; an empty bar if it was none at all. */
function strip(worst: Worst): string {
  let at = 0;
  const jobs = jobNames(worst.cell);
  const parts = byShare(worst.causes, jobs).map(({ cause, ns }) => {
    const x = at;
    const width = (WIDTH * ns) / worst.latency;
    at += width;
    return (
      `<g class="s-${cause}"><rect x="${round(x)}" y="4" width="${round(width)}" height="28" fill="${causeFill(cause, jobs)}" ` +
      `stroke="currentColor" stroke-width="0.5" vector-effect="non-scaling-stroke"><title>${cause}: ${timeText(ns)}</title></rect></g>`
    );
  });
  const title = `The worst ${worst.kind}: ${worst.censored ? 'at least ' : ''}${timeText(worst.latency)}`;
  const svg = [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    `<svg class="zoom" data-from="0" data-to="${worst.latency}" x="0" y="0" width="${WIDTH}" height="36" viewBox="0 0 ${WIDTH} 36" preserveAspectRatio="none">`,
    `<rect x="0" y="4" width="${WIDTH}" height="28" fill="none" stroke="currentColor" stroke-opacity="0.3" vector-effect="non-scaling-stroke"/>`,
    `${parts.join('')}</svg>`,
    `<g class="moments">${momentAxis({ from: 0, to: worst.latency, left: 0, right: WIDTH }, 34)}</g>`,
    '</svg>',
  ];
  return figure({
    title,
    svg: svg.join('\n'),
    caption: `${worst.cell.id}, replication ${worst.replication}; parts in the order of their size, not of time.`,
    legend: causeLegend([worst.causes], jobs),
    kind: 'strip',
  });
}

/** Four digits more than a pixel: it can be zoomed. */
function round(value: number): number {
  return Number(value.toFixed(4));
}
