import { describe, expect, it } from 'vitest';
import { compareAll } from '../../../src/analysis/comparison.ts';
import { Digest } from '../../../src/analysis/digest.ts';
import { firstSetting } from '../../../src/analysis/first-setting.ts';
import { Values } from '../../../src/analysis/values.ts';
import type { CellResult } from '../../../src/experiment/outcome.ts';
import { replicate } from '../../../src/experiment/replication.ts';
import type { Experiment } from '../../../src/experiment/schema/schema.ts';
import { cellResult } from '../../../src/experiment/study.ts';
import { answerLines } from '../../../src/report/html/answer-lines.ts';
import { measuredLines } from '../../../src/report/html/measured-lines.ts';
import { PAGE_CELLS_MAX, pageData } from '../../../src/report/html/page-data.ts';
import { fromText } from '../../theory/study.ts';
import { SMALL_STUDY } from '../small-study.ts';

const BASE = 'chunk=512/costs=qemu-icount';
const SLOW = 'chunk=64/costs=zcu102-a53';

const experiment = fromText(`
question: Does it matter?
replications: 12
${SMALL_STUDY}questions:
  - {ask: Worse?, policy: never, kinds: [softirq_timer], equivalent: "No: {tally}.", worse: "Yes: {tally}.", better: "No.", mixed: "It depends (here so, e.g.). It does so: {where}."}
  - ask: More?
    answers:
      - when:
          - upstream/${SLOW} flush.max > 1.5 * upstream/${BASE} flush.max
          - upstream/${SLOW} softirq_timer.max > 0
        say: "Of a flush, 1.5 times: {upstream/${BASE} flush.max}."
      - {say: "No."}
  - {ask: Of what?, answers: [{say: "In numbers {upstream/${BASE} flush.mean ±}."}]}
  - {ask: Of nothing?, answers: [{say: "Of nothing."}]}
`);

function resultsOf({ cells, replications, seed }: Experiment): CellResult[] {
  return cells.map((cell) =>
    cellResult(
      cell,
      Array.from({ length: replications }, (_, replication) => {
        const result = replicate(cell.setup, seed, replication);
        return { ok: true as const, replication, result };
      }),
    ),
  );
}

function digestOf({ cell, outcomes }: CellResult): Digest {
  const digest = new Digest(cell, true);
  for (const outcome of outcomes) digest.add(outcome);
  return digest;
}

const results = resultsOf(experiment);
const digests = results.map(digestOf);
const comparisons = compareAll(experiment, results);
const setting = firstSetting(experiment, results);
const lines = answerLines(experiment, comparisons, new Values(results), setting);

describe('the lines a page begins with', () => {
  it('have what verdicts decide, and the comparison at the first setting', () => {
    const [{ verdict, rest, number, of, tally, svg }] = lines;
    // What is in parentheses ends no sentence.
    expect([verdict, rest]).toEqual([
      expect.stringMatching(/^(Yes:|It depends \(here so, e\.g\.\)\.)$/),
      expect.not.stringMatching(/comparisons/),
    ]);
    const shown = comparisons.find(
      ({ cell, kind, metric }) =>
        cell.cell.policy === 'never' &&
        cell.cell.levels.costs === 'qemu-icount' &&
        kind === 'softirq_timer' &&
        metric === 'mean',
    );
    expect(shown?.difference.estimate).toBeGreaterThan(0);
    expect(number).toMatch(/^\+[\d.]+ us$/);
    expect(of).toMatch(/^(\[.*\] )?in softirq_timer mean, of [\d.]+ us$/);
    expect(tally.length).toBeGreaterThan(0);
    expect(svg).toContain('never − upstream');
  });

  it('have the first condition of the answer that was given, and the values that it names', () => {
    const slow = results.find(({ cell }) => cell.id === `upstream/${SLOW}`);
    const base = results.find(({ cell }) => cell.id === `upstream/${BASE}`);
    const [more, less] = [slow, base].map((each) => each?.statistic('flush', 'max').estimate ?? 0);
    expect(more > 1.5 * less).toBe(true);
    expect(lines[1].verdict).toMatch(/^Of a flush, 1\.5 times:$/);
    expect(lines[1].number).toMatch(/^[\d.]+ [mun]s > 1\.5 × [\d.]+ [mun]s$/);
    expect(lines[1].of).toBe('flush.max');
    // Of the other quantity there is no row, and what both cells share is left out.
    expect(lines[1].svg.match(/class="mark"/g)).toHaveLength(2);
    expect(lines[1].svg).toContain('>chunk=64/zcu102-a53<');
  });

  it('have the first number of an answer without conditions; and none where there is none', () => {
    expect(lines[2].number).toMatch(/^[\d.]+ [mun]s( ±.*)?$/);
    expect(lines[2].svg.match(/class="mark"/g)).toHaveLength(1);
    expect(lines[3]).toMatchObject({ verdict: 'Of nothing.', number: '', svg: '', tally: [] });
  });
});

describe('the data of a page', () => {
  it('has kinds in the order of the questions, and all cells', () => {
    const data = pageData(experiment, results, digests, comparisons, setting);
    expect(data.kinds.map(({ name }) => name)).toEqual(['softirq_timer', 'flush']);
    expect(data.cells).toHaveLength(results.length);
    expect(data.factors).toEqual([
      { name: 'chunk', levels: ['64', '512'] },
      { name: 'costs', levels: ['qemu-icount', 'zcu102-a53'] },
    ]);
    for (const { cells } of data.kinds)
      expect(cells.every((cell) => cell?.curve !== '')).toBe(true);
  });

  it('holds the first setting of very many cells', () => {
    const many = Array.from({ length: PAGE_CELLS_MAX + 1 }, (_, i) => {
      const { cell, ...rest } = results[0];
      return {
        ...results[0],
        ...rest,
        cell: { ...cell, levels: { ...cell.levels, chunk: `${i}` } },
      };
    });
    const data = pageData(
      experiment,
      many,
      many.map(() => digests[0]),
      [],
      firstSetting(experiment, many),
    );
    expect(data.cells).toHaveLength(1);
    expect(data.factors).toEqual([]);
  });

  it('is what a study without questions begins with', () => {
    const data = pageData({ ...experiment, questions: [] }, results, digests, comparisons, setting);
    const measured = measuredLines(data);
    expect(measured.map(({ ask }) => ask)).toEqual(['softirq_timer', 'flush']);
    for (const { verdict, svg } of measured) {
      expect(verdict).toMatch(/^[\d.]+ [mun]s on average, [\d.]+ [mun]s at most\.$/);
      expect(svg).toContain('>max<');
    }
  });
});
