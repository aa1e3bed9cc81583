import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { answerText } from '../src/analysis/answer.ts';
import { compareAll } from '../src/analysis/comparison.ts';
import { missingNames } from '../src/experiment/missing-names.ts';
import type { CellResult } from '../src/experiment/outcome.ts';
import { loadExperiment } from '../src/experiment/plan/load.ts';
import { replicate } from '../src/experiment/replication.ts';
import type { Experiment } from '../src/experiment/schema/schema.ts';
import { cellResult } from '../src/experiment/study.ts';
import { experimentFiles } from './shipped.ts';

function load(file: string, overrides: readonly string[] = []): Experiment {
  const loaded = loadExperiment(file, overrides);
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  return loaded.experiment;
}

/** Runs replication 0 of a few cells of each policy; the others count as not run. */
function runSome(experiment: Experiment): CellResult[] {
  const { cells, seed, policies } = experiment;
  const chosen = new Set(
    policies.flatMap((policy) => {
      const of = cells.filter((cell) => cell.policy === policy);
      return [of[0], of[of.length - 1]];
    }),
  );
  return cells.map((cell) =>
    cellResult(
      cell,
      chosen.has(cell)
        ? [{ ok: true, replication: 0, result: replicate(cell.setup, seed, 0) }]
        : [],
    ),
  );
}

const studies = experimentFiles();
const published = readdirSync('results').filter((name) =>
  existsSync(join('results', name, 'manifest.json')),
);
const shipped = published.filter((name) => existsSync(`experiments/${name}.yaml`));

/** What one would post of the results of a study, without its heading. */
function postOf(name: string): string {
  const [post] = readFileSync(join('results', name, 'answer.md'), 'utf8').split('\n## ');
  return post.split('\n').slice(1).join('\n').trim();
}

/** Each of the studies that the main study's answer names, with the numbers of its own first answer. */
function companions(): string {
  const text = readFileSync('experiments/dario.yaml', 'utf8');
  const [, named] = /^limits: .* See (.*)\.$/m.exec(text) ?? [];
  const inText = [...text.matchAll(/the study ([\w-]+)/g)].map(([, name]) => name);
  const lines = [...(named ?? '').split(', '), ...inText].map((name) => {
    const [first] = postOf(name)
      .replace(/\n {3}/g, ' ')
      .split('\n');
    return `- [${name}](../results/${name}/answer.md): ${first.replace(/^1\. /, '')}`;
  });
  expect(lines.length).toBeGreaterThan(3);
  return `Its companions, on what does not fit into it:\n\n${lines.join('\n')}\n`;
}

/** All answers in a document: the README's questions, in its order, each with what its study says. */
function allAnswers(): string {
  const rows = readFileSync('README.md', 'utf8').matchAll(
    /^\| (.+?) \| \[(.+?)\]\(experiments\/.+?\) \| \[.+?\]\(results\/(.+?)\/answer\.md\) \|$/gm,
  );
  const parts = [...rows].map(([, question, study, name]) => {
    const own = `## ${question}\n\nStudy [${study}](../results/${name}/answer.md).\n\n${postOf(name)}\n`;
    return name === 'dario' ? `${own}\n${companions()}` : own;
  });
  const head =
    'Every number is that of the published results; made from them by `test/studies.test.ts`.';
  return `# All answers\n\n${head}\n\n${parts.join('\n')}`;
}

describe('every study', () => {
  it('has its answer in docs/answers.md', async () => {
    await expect(allAnswers()).toMatchFileSnapshot('../docs/answers.md');
  });

  it.each(studies)('%s loads, and has no name that programs read as a missing value', (file) => {
    const experiment = load(file);
    expect(experiment.cells.length).toBeGreaterThan(0);
    expect(missingNames(experiment)).toEqual([]);
  });

  it.each(shipped)(
    '%s has an answer that can be posted: at most 15 lines of 100 characters',
    (name) => {
      const lines = postOf(name)
        .split('\n')
        .filter((line) => line !== '');
      expect(lines.length).toBeGreaterThan(0);
      expect(lines.length).toBeLessThanOrEqual(15);
      expect(lines.filter((line) => line.length > 100)).toEqual([]);
    },
  );

  it('of the main folder has a published result', () => {
    const folder = readdirSync('experiments').filter((name) => name.endsWith('.yaml'));
    expect(shipped.map((name) => `${name}.yaml`).sort()).toEqual(folder.sort());
  });
});

describe('every published result', () => {
  it.each(shipped)('%s belongs to its study as it is', (name) => {
    const manifest = JSON.parse(readFileSync(`results/${name}/manifest.json`, 'utf8'));
    expect(manifest.experiment.text).toBe(readFileSync(`experiments/${name}.yaml`, 'utf8'));
    expect(manifest.failures).toEqual([]);
  });

  it.each(shipped)('%s answers all its questions', (name) => {
    const answer = readFileSync(`results/${name}/answer.md`, 'utf8');
    expect(answer).not.toContain('None of the prepared answers');
    const asked = load(`experiments/${name}.yaml`).questions.length;
    expect(answer.match(/^## \d/gm)).toHaveLength(asked);
  });
});

describe('a short version of every study runs from its file to its answer', () => {
  const short: readonly (readonly [name: string, duration?: string])[] = [
    ['accounting', '600ms'],
    ['affinity', '600ms'],
    ['bring-up', '1s'],
    ['check-rules', '100ms'],
    // Its lengths are a factor.
    ['cap-switched'],
    ['decision-map', '60ms'],
    ['heisenbug', '100ms'],
    ['lock', '150ms'],
    ['loop-order', '150ms'],
    ['null-livelock', '60ms'],
    ['own-interrupts', '260ms'],
    ['pcpu-leaves', '400ms'],
    ['per-vcpu-stack', '150ms'],
    ['rtds-lost', '300ms'],
    ['set-way-loops', '400ms'],
    ['set-way-policies', '300ms'],
    ['siblings', '300ms'],
    ['styles', '160ms'],
    ['tracking', '600ms'],
    // Its lengths are a factor.
    ['weight-change'],
  ];

  it.each(short)('%s', (name, duration) => {
    const file = `experiments/${name}.yaml`;
    const shorter = duration === undefined ? [] : [`duration=${duration}`];
    const experiment = load(file, ['replications=1', ...shorter]);
    const results = runSome(experiment);
    const answer = answerText(experiment, results, compareAll(experiment, results), 'preemptlab');
    for (const { ask } of experiment.questions) expect(answer).toContain(ask);
    const ran = results.flatMap(({ outcomes }) => [...outcomes]);
    expect(ran.length).toBeGreaterThan(0);
    expect(ran.every(({ ok }) => ok)).toBe(true);
  });
});
