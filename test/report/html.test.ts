import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { answerText } from '../../src/analysis/answer.ts';
import { compareAll } from '../../src/analysis/comparison.ts';
import { Digest } from '../../src/analysis/digest.ts';
import { timeText } from '../../src/analysis/time-text.ts';
import type { CellResult } from '../../src/experiment/outcome.ts';
import { replicate } from '../../src/experiment/replication.ts';
import type { Experiment } from '../../src/experiment/schema/schema.ts';
import { cellResult } from '../../src/experiment/study.ts';
import { commandOf } from '../../src/report/commands.ts';
import { escapeHtml } from '../../src/report/html/escape.ts';
import { beginLanes } from '../../src/report/html/lane-jobs.ts';
import { drawLanes, momentOf } from '../../src/report/html/lanes.ts';
import { markdownHtml } from '../../src/report/html/markdown.ts';
import { reportPage } from '../../src/report/html/page.ts';
import { pageScript } from '../../src/report/html/page-script.ts';
import { worstCases } from '../../src/report/html/worst-cases.ts';
import { describeStudy } from '../../src/results/study.ts';
import { fromText } from '../theory/study.ts';
import { SMALL_STUDY } from './small-study.ts';

const TEXT = `
question: "Does <script>alert(1)</script> & \\"this\\" matter?"
replications: 8
${SMALL_STUDY}questions:
  - {ask: "<b>Is it</b> worse?", policy: never, kinds: [softirq_timer], equivalent: "No <i>.", worse: "Yes <i>.", better: "No <i>.", mixed: "It <i> depends."}
  - {ask: Another, answers: [{say: "Always <i>."}]}
`;

/** The page of an experiment, all of whose replications are simulated here. */
async function page(experiment: Experiment): Promise<{ html: string; results: CellResult[] }> {
  const results = experiment.cells.map((cell): CellResult => {
    const outcomes = Array.from({ length: experiment.replications }, (_, replication) => ({
      ok: true as const,
      replication,
      result: replicate(cell.setup, experiment.seed, replication),
    }));
    return cellResult(cell, outcomes);
  });
  const digests = results.map((result) => {
    const digest = new Digest(result.cell, true);
    for (const outcome of result.outcomes) digest.add(outcome);
    return digest;
  });
  const comparisons = compareAll(experiment, results);
  const study = describeStudy(experiment, undefined, '0.0.0');
  const answer = answerText(experiment, results, comparisons, commandOf(study));
  const lanes = beginLanes(experiment, digests);
  const source = { study, experiment, results, digests, comparisons, answer, lanes };
  return { html: await reportPage(source), results };
}

const experiment = fromText(TEXT);
const { html, results } = await page(experiment);
const { document } = parseHTML(html);

function textOf(selector: string): string {
  return document.querySelector(selector)?.textContent ?? '';
}

describe('report.html', () => {
  it('has the question, the answers, the experiment and how to reproduce it', () => {
    expect(textOf('title')).toBe('Does <script>alert(1)</script> & "this" matter?');
    expect(textOf('#answer-1 .ask')).toBe('1. <b>Is it</b> worse?');
    expect(textOf('#answer-1 .verdict')).toMatch(/<i>|depends|Undecided/);
    expect(textOf('#answer-1 .number-line')).toMatch(
      /in softirq_timer mean, of [\s\S]*(worse|undecided)/,
    );
    expect(textOf('#answer-1 details')).toContain('largest difference');
    expect(textOf('#answer-2 .verdict')).toBe('Always <i>.');
    expect(textOf('#reproduce')).toContain(TEXT);
    expect(textOf('#reproduce')).toContain('preemptlab run test.yaml');
  });

  it('has charts of every kind, differences, a map, causes and worst cases', () => {
    const titles = [...document.querySelectorAll('figure h4')].map((title) =>
      title.textContent?.replace(/ #$/, ''),
    );
    for (const kind of ['softirq_timer', 'flush']) {
      expect(titles).toContain(`${kind}: percentiles`);
      expect(titles).toContain(`${kind}: distribution function`);
      expect(titles).toContain(`${kind}: complementary distribution function`);
      expect(titles).toContain(`${kind}: differences`);
      expect(titles).toContain(`${kind}: causes`);
      expect(titles.some((title) => title?.startsWith(`The worst ${kind}`))).toBe(true);
    }
    expect(titles).toContain('softirq_timer: map of mean');
    // Only softirq_timer is asked about.
    expect(titles).not.toContain('flush: map of mean');
    for (const factor of ['chunk', 'costs'])
      expect(titles).toContain(`softirq_timer: mean by ${factor}`);
    expect(document.querySelectorAll('figure > svg').length).toBe(
      document.querySelectorAll('figure').length,
    );
  });

  it('names the worst sample of all with the command that makes its timeline', () => {
    const worst = results.flatMap(({ cell, outcomes }) =>
      [...outcomes].flatMap((outcome) =>
        !outcome.ok
          ? []
          : outcome.result.latencies
              .filter(({ kind }) => kind === 'flush')
              .map(({ causes: { worst } }) => ({
                latency: worst[0]?.latency ?? 0,
                command: `preemptlab trace test.yaml --cell ${cell.id} --replication ${outcome.replication}`,
              })),
      ),
    );
    const most = Math.max(...worst.map(({ latency }) => latency));
    const commands = worst.filter(({ latency }) => latency === most).map(({ command }) => command);
    const [row] = document.querySelectorAll('#worst table:last-of-type tbody tr').values();
    expect(row).toBeDefined();
    const rows = [...document.querySelectorAll('#worst tr')].map((line) => line.textContent ?? '');
    expect(
      rows.some((line) => line.includes(timeText(most)) && commands.some((c) => line.endsWith(c))),
    ).toBe(true);
  });

  it('draws what happened around the worst sample of each kind as lanes', () => {
    const figures = [...document.querySelectorAll('.lanes')];
    expect(figures).toHaveLength(document.querySelectorAll('.strip:not(.lanes)').length);
    for (const figure of figures) {
      const labels = [...figure.querySelectorAll('text')].map(({ textContent }) => textContent);
      expect(labels).toContain('pCPU 0');
      const titles = [...figure.querySelectorAll('rect title')].map(
        ({ textContent }) => textContent,
      );
      expect(titles.some((title) => /^(running|guest): /.test(title ?? ''))).toBe(true);
      expect(figure.querySelectorAll('path[stroke-dasharray]')).toHaveLength(2);
    }
  });

  it('makes the parts of a strip as long as their causes', () => {
    for (const strip of document.querySelectorAll('.strip:not(.lanes) .zoom')) {
      const widths = [...strip.querySelectorAll('g rect')].map((part) =>
        Number(part.getAttribute('width')),
      );
      expect(widths.reduce((sum, width) => sum + width, 0)).toBeCloseTo(480, 2);
      expect(widths).toEqual([...widths].sort((a, b) => b - a));
    }
  });

  it('shows texts of the experiment as text', () => {
    expect(html.match(/<script/g)).toHaveLength(2);
    expect(html).not.toMatch(/alert\(1\)<\/script>|<b>|<i>/);
  });

  it('shows names as text whatever they are', async () => {
    const evil = '<script>&"\'';
    const renamed = experiment.cells.map((cell) =>
      cell.policy === 'never' ? { ...cell, policy: evil, id: `${evil}/${cell.id}` } : cell,
    );
    const other = (await page({ ...experiment, cells: renamed })).html;
    expect(other.match(/<script/g)).toHaveLength(2);
    const parsed = parseHTML(other).document;
    const legend = parsed.querySelector('#charts .legend')?.textContent;
    expect(legend).toContain(evil);
    const labels = [...parsed.querySelectorAll('svg text')].map((label) => label.textContent);
    expect(labels).toContain(`${evil}, mean`);
  });

  it('draws a latency of zero', async () => {
    expect(html.split('<script>')[0]).not.toMatch(/NaN|Infinity|undefined/);
    const digest = new Digest(experiment.cells[0], true);
    const result = replicate(experiment.cells[0].setup, experiment.seed, 0);
    digest.add({ ok: true, replication: 0, result });
    const [worst] = digest.kinds.get('flush')?.worst ?? [];
    const none = { ...worst, latency: 0, causes: worst.causes.map(() => 0) };
    const drawn = drawLanes({
      setup: worst.cell.setup,
      seed: experiment.seed,
      replication: 0,
      moments: [momentOf(none)],
    });
    const cases = worstCases(
      [none],
      () => 'trace',
      () => drawn[0],
    );
    expect(parseHTML(cases).document.querySelectorAll('figure')).toHaveLength(2);
    expect(cases).not.toMatch(/NaN|Infinity/);
  });

  it('refers to nothing outside', () => {
    const inside = html.replaceAll('http://www.w3.org/', '');
    expect(inside).not.toMatch(/https?:|\/\/[a-z]|@import|url\((?!#)/);
    expect(html).not.toMatch(/ src=/);
  });

  it('is the same each time', async () => {
    expect((await page(fromText(TEXT))).html).toBe(html);
  });

  it('has a small script', () => {
    expect(pageScript().length).toBeLessThan(30_000);
  });

  it('leaves out the charts of what was not measured', async () => {
    const none = fromText(
      TEXT.replace('[softirq_timer, flush]', '[boot]').replace(
        'kinds: [softirq_timer]',
        'kinds: [boot]',
      ),
    );
    const empty = parseHTML((await page(none)).html).document;
    expect(empty.querySelectorAll('figure')).toHaveLength(0);
    expect(empty.querySelector('#answers')?.textContent).toContain('Undecided.');
  });
});

describe('escapeHtml', () => {
  it('leaves no character that HTML gives a meaning, and loses none', () => {
    const escaped = escapeHtml('a<b>&"c\'');
    expect(escaped).not.toMatch(/[<>"']|&(?!#\d+;)/);
    expect(parseHTML(`<p>${escaped}</p>`).document.querySelector('p')?.textContent).toBe(
      'a<b>&"c\'',
    );
  });
});

describe('markdownHtml', () => {
  it('makes headings, quotations, tables, lists, bold and code', () => {
    const text =
      '# A\n\n> q\n\n**b** *e* `c*d*`\n\n- one\n  - two\n    `three`\n- four\n\n| x | y |\n| --- | ---: |\n| 1 | 2 |';
    expect(markdownHtml(text)).toBe(
      [
        '<h2>A</h2>',
        '<blockquote><p>q</p></blockquote>',
        '<p><strong>b</strong> <em>e</em> <code>c*d*</code></p>',
        '<ul><li>one<ul><li>two<br><code>three</code></li></ul></li><li>four</li></ul>',
        '<div class="scroll" tabindex="0" role="region" aria-label="Table"><table><thead><tr><th>x</th><th class="n">y</th></tr></thead><tbody>\n' +
          '<tr><td>1</td><td class="n">2</td></tr>\n</tbody></table></div>',
      ].join('\n'),
    );
  });

  it('leaves numbers on the line of their unit, but not in code', () => {
    expect(markdownHtml('1.5 us of 10 %, 64 MiB in 3 steps `1 us`')).toBe(
      '<p>1.5\u00a0us of 10\u00a0%, 64\u00a0MiB in 3 steps <code>1 us</code></p>',
    );
  });
});
