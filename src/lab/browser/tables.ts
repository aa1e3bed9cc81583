import { policySeries } from '../../report/draw/series.ts';
import type { CausePart, PolicyRow, Shown, VerdictLine } from '../messages.ts';
import { byId, element, svg, table } from './elements.ts';

/** Statistics that have a column. */
const COLUMNS = ['mean', 'p50', 'p90', 'p99', 'max'];
/** Width of a bar of causes. */
const BAR = 240;

/** Fill the tables of what is shown, part by part. */
export const TABLES: readonly ((shown: Shown) => void)[] = [
  (shown) => byId('numbers').replaceChildren(numbers(shown)),
  (shown) => showVerdicts(verdicts(shown, shown.sides[0].verdicts)),
  ({ sides: [own] }) => {
    byId('theory').replaceChildren(...theory(own.theory));
    byId('causes').replaceChildren(causes(own.rows));
  },
];

/** What has been unfolded stays so. */
function showVerdicts(made: readonly HTMLElement[]): void {
  const before = [...byId('verdicts').querySelectorAll('details')].map(({ open }) => open);
  byId('verdicts').replaceChildren(...made);
  for (const [i, each] of [...byId('verdicts').querySelectorAll('details')].entries())
    each.open = before[i] ?? false;
}

function numbers({ sides, kind }: Shown): HTMLElement {
  const held = sides.length > 1;
  const rows = sides[0].rows.flatMap((row) => {
    const other = sides[1]?.rows.find(({ policy }) => policy === row.policy);
    return [
      numberRow(row, held ? 'B: ' : ''),
      ...(other === undefined ? [] : [numberRow(other, 'A: ')]),
    ];
  });
  return table(`${kind} by policy, with 95 % intervals`, ['policy', 'samples', ...COLUMNS], rows);
}

function numberRow(row: PolicyRow, side: string): (Node | string)[] {
  const { policy, samples, censored, statistics } = row;
  const unfinished = censored > 0 ? `, ${censored} not ended` : '';
  return [
    policyName(policy, row.index, side),
    `${samples}${unfinished}`,
    ...COLUMNS.map((name) => statistics.find((one) => one.name === name)?.text ?? '-'),
  ];
}

/** A policy with its line, as the charts have it. */
export function policyName(policy: string, index: number, side = ''): HTMLElement {
  const { color, dash } = policySeries(policy, index);
  const line = svg('path', { d: 'M0 5H28', stroke: color, 'stroke-dasharray': dash });
  const sign = svg('svg', { class: 'line', viewBox: '0 0 28 10', 'aria-hidden': 'true' }, line);
  return element('span', {}, side, sign, ` ${policy}`);
}

function verdicts({ baseline, sides, differences, kind }: Shown, lines: readonly VerdictLine[]) {
  const tables = [
    ...(sides.length > 1
      ? verdictTables(
          `${kind}: B less A, policy by policy (same random numbers in both)`,
          differences,
        )
      : []),
    ...verdictTables(`${kind}: each policy against ${baseline}`, lines),
  ];
  if (tables.length > 0) return tables;
  return [element('p', { class: 'soft' }, 'One policy, one setting: nothing to compare.')];
}

/** Verdicts by policy and statistic, and, folded, what they rest on. */
function verdictTables(caption: string, lines: readonly VerdictLine[]): HTMLElement[] {
  if (lines.length === 0) return [];
  const metrics = [...new Set(lines.map(({ metric }) => metric))];
  const policies = [...new Set(lines.map(({ policy }) => policy))];
  const rows = policies.map((policy) => [
    policy,
    ...metrics.map((metric) => {
      const line = lines.find((one) => one.policy === policy && one.metric === metric);
      return line === undefined ? '-' : verdictOf(line);
    }),
  ]);
  const details = lines.map(({ policy, metric, verdict, text, why }) => [
    `${policy}, ${metric}`,
    element('span', {}, verdict),
    element('span', {}, text),
    element('span', {}, why),
  ]);
  return [
    table(caption, ['policy', ...metrics], rows),
    element(
      'details',
      {},
      element('summary', {}, 'intervals, margins, and what would settle the undecided'),
      table(
        `${caption}: in full`,
        ['policy, statistic', 'verdict', 'difference', 'why undecided'],
        details,
      ),
    ),
  ];
}

function verdictOf({ verdict, text }: VerdictLine): HTMLElement {
  const [size] = text.split(/ \[| of /, 1);
  return element('span', {}, element('span', { class: `verdict ${verdict}` }, verdict), ` ${size}`);
}

function theory([first, ...rest]: readonly string[]): HTMLElement[] {
  if (rest.length === 0) return [element('p', {}, first ?? '')];
  return [
    element('p', {}, first),
    element('ul', {}, ...rest.map((line) => element('li', {}, line))),
  ];
}

function causes(rows: readonly PolicyRow[]): HTMLElement {
  const shown = rows.filter(({ samples }) => samples > 0);
  const lines = shown.map((row) => {
    const [most, second] = row.causes;
    const words = [most, second]
      .filter((part) => part !== undefined)
      .map((part) => `${part.cause} ${partText(part, row.causes)}`);
    return [
      policyName(row.policy, row.index),
      causeBar(row.causes),
      element('span', {}, words.join(', ')),
    ];
  });
  return table('What an average wait is made of', ['policy', 'parts', 'most of it'], lines);
}

/** Parts of a latency as a bar. */
export function causeBar(parts: readonly CausePart[], width = BAR): SVGElement {
  const total = parts.reduce((sum, { ns }) => sum + ns, 0);
  let at = 0;
  const drawn = parts.map(({ ns, fill, words }) => {
    const x = at;
    at += (width * ns) / total;
    const bar = svg('rect', { x, y: 1, width: at - x, height: 16, fill });
    bar.append(svg('title', {}, words));
    return bar;
  });
  const label = parts.map((part) => `${part.words}: ${partText(part, parts)}`).join('; ');
  const attributes = { class: 'bar', viewBox: `0 0 ${width} 18`, role: 'img', 'aria-label': label };
  return svg('svg', attributes, ...drawn);
}

/** How much of all parts one is. */
export function partText({ ns }: CausePart, parts: readonly CausePart[]): string {
  const total = parts.reduce((sum, part) => sum + part.ns, 0);
  return total === 0 ? '-' : `${((100 * ns) / total).toFixed(1)} %`;
}
