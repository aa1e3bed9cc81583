import { readFileSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';
import { build } from 'rolldown';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as experimentApi from '../../src/exports/experiment.ts';
import { parseExperiment, replicate } from '../../src/exports/experiment.ts';
import { SMALL_STUDY } from '../report/small-study.ts';
import { describeWith } from '../tools.ts';

const TEXT = `question: Does it matter?\nreplications: 2\n${SMALL_STUDY.replace(
  'measure: {',
  'measure: {samples: true, ',
)}`;

const PROFILES = Object.fromEntries(
  ['qemu-icount', 'zcu102-a53', 'zero'].map((name) => [
    name,
    readFileSync(`experiments/costs/${name}.yaml`, 'utf8'),
  ]),
);

/** All results of replication 1 of each cell, as text. Runs here, and as it stands in the browser. */
function results(
  api: typeof experimentApi,
  text: string,
  profiles: Record<string, string>,
): string {
  const loaded = api.parseExperiment(text, { profiles });
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const { cells, seed } = loaded.experiment;
  return JSON.stringify(
    cells.map(({ setup }) => api.replicate(setup, seed, 1)),
    (_, value) => (ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value),
  );
}

describeWith('chromium', 'an experiment in a browser', (executablePath) => {
  let browser: Browser;
  let bundle = '';

  beforeAll(async () => {
    const { output } = await build({
      input: 'src/exports/experiment.ts',
      platform: 'browser',
      write: false,
      output: { format: 'iife', name: 'preemptlab' },
    });
    // Nothing is left to be imported: no module of Node.js is needed from the text to the samples.
    expect(output).toHaveLength(1);
    expect(output[0].imports).toEqual([]);
    bundle = output[0].code;
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  it('gives the same samples, causes and counters as here', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.addScriptTag({ content: bundle });
    expect(errors).toEqual([]);
    const there = await page.evaluate(
      `(${results.toString()})(preemptlab, ${JSON.stringify(TEXT)}, ${JSON.stringify(PROFILES)})`,
    );
    const here = results({ parseExperiment, replicate } as typeof experimentApi, TEXT, PROFILES);
    expect(here.length).toBeGreaterThan(10_000);
    expect(there).toBe(here);
  });
});
