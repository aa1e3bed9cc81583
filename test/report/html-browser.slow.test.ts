import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { studyFile } from '../batch/fixtures.ts';
import { preemptlabProcess, temporaryFolder } from '../cli/cli.ts';
import { describeWith } from '../tools.ts';
import { SMALL_STUDY } from './small-study.ts';

const STUDY = `
question: Does it matter?
seed: 7
replications: 8
${SMALL_STUDY}questions:
  - {ask: Is it worse?, policy: never, kinds: [softirq_timer], equivalent: "No.", worse: "Yes.", better: "No.", mixed: "It depends. A lot."}
  - {ask: How long?, answers: [{when: ["never/costs=zcu102-a53 flush.mean > upstream/chunk=512/costs=zcu102-a53 flush.mean"], say: "Long: {never/costs=zcu102-a53 flush.mean}."}, {say: "Hm: {upstream/chunk=512/costs=zcu102-a53 flush.mean}."}], table: [flush.mean]}
`;

describeWith('chromium', 'report.html in a browser', (executablePath) => {
  let browser: Browser;
  let url = '';

  beforeAll(async () => {
    const out = temporaryFolder();
    const { status, stderr } = preemptlabProcess('run', studyFile(STUDY), '--out', out, '--quiet');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    url = pathToFileURL(join(out, 'report.html')).href;
    browser = await chromium.launch({ executablePath, timeout: 600_000, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** Opens the page; what it complains about and asks for is in `noted`. */
  async function open(width: number, javaScriptEnabled = true, colorScheme?: 'light' | 'dark') {
    const context = await browser.newContext({
      viewport: { width, height: 800 },
      javaScriptEnabled,
      ...(colorScheme !== undefined && { colorScheme }),
    });
    const page = await context.newPage();
    page.setDefaultTimeout(600_000);
    const noted: string[] = [];
    page.on('console', (message) => noted.push(message.text()));
    page.on('pageerror', (error) => noted.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== url) noted.push(request.url());
    });
    await page.goto(url);
    return { page, noted };
  }

  async function boxes(page: Page, selector: string) {
    const all = await page.locator(selector).all();
    return Promise.all(all.map((each) => each.boundingBox()));
  }

  /** Opens all that is folded, but the contents, which are a line of links on a phone. */
  function unfold(page: Page): Promise<void> {
    return page.evaluate(
      "for (const each of document.querySelectorAll('main details')) each.open = true;",
    );
  }

  /** Sizes of all letters in charts as they are on the screen [px]. */
  function textSizes(page: Page): Promise<number[]> {
    return page.evaluate(`[...document.querySelectorAll('.chart > svg text')].map((text) =>
      parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)`);
  }

  for (const width of [1280, 420]) {
    for (const script of [true, false]) {
      it(`fits ${width} px ${script ? 'with' : 'without'} JavaScript, without error or request`, async () => {
        const { page, noted } = await open(width, script);
        await unfold(page);
        const charts = await boxes(page, '.chart > svg');
        // Two answers; per kind percentiles, two distributions, differences, causes, a strip, lanes; two factors; and two maps
        // of the kind that is asked about: of mean and max, as so few samples have no 99th percentile.
        expect(charts).toHaveLength(2 + 2 * 7 + 2 + 2);
        for (const box of charts) {
          expect(box?.x).toBeGreaterThanOrEqual(0);
          expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
          expect(box?.width).toBeGreaterThan(300);
          expect(box?.height).toBeGreaterThan(30);
        }
        for (const box of await boxes(page, '.chart > svg text')) {
          expect(box?.x).toBeGreaterThanOrEqual(0);
          expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
        }
        const sizes = await textSizes(page);
        expect(sizes.length).toBeGreaterThan(100);
        for (const size of sizes) expect(size).toBeGreaterThanOrEqual(10);
        // Wide tables scroll by themselves, the page does not.
        expect((await boxes(page, 'main'))[0]?.width).toBeLessThanOrEqual(width);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        for (const box of await boxes(page, '#worst .scroll'))
          expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
        expect(await page.locator('#answers').isVisible()).toBe(true);
        expect(noted).toEqual([]);
        await page.context().close();
      });
    }
  }

  it('begins with an answer per question, its number and its chart', async () => {
    const { page } = await open(1280);
    const answers = page.locator('.answer');
    expect(await answers.count()).toBe(2);
    for (const answer of await answers.all()) {
      const { bottom, chart } = await answer.evaluate((node) => ({
        bottom: node.getBoundingClientRect().bottom,
        chart: node.querySelector('svg') !== null,
      }));
      expect(bottom).toBeLessThan(800);
      expect(chart).toBe(true);
      expect(await answer.locator('.number-line strong').textContent()).toMatch(/\d/);
    }
    await page.context().close();
  });

  for (const scheme of ['light', 'dark'] as const) {
    it(`has no serious fault for those who do not see it as others do, ${scheme}`, async () => {
      const { page } = await open(1280, true, scheme);
      await unfold(page);
      await page.addScriptTag({ content: axe.source });
      const { violations } = (await page.evaluate(
        'axe.run(document, { resultTypes: ["violations"] })',
      )) as axe.AxeResults;
      const serious = violations.filter(({ impact }) => /serious|critical/.test(impact ?? ''));
      expect(
        serious.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html }) => html)}`),
      ).toEqual([]);
      await page.context().close();
    });
  }

  it('switches a series off and on with the keyboard', async () => {
    const { page } = await open(1280);
    const figure = page.locator('#charts .chart').first();
    const button = figure.getByRole('button', { name: 'never' });
    const mark = figure.locator('svg .s-1').last();
    await button.focus();
    await page.keyboard.press('Space');
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(await mark.isVisible()).toBe(false);
    expect(await figure.locator('svg .s-0').last().isVisible()).toBe(true);
    await page.keyboard.press('Enter');
    expect(await mark.isVisible()).toBe(true);
    await page.context().close();
  });

  it('reads out marks under the pointer and with arrow keys', async () => {
    const { page } = await open(1280);
    const figure = page.locator('#charts .chart').first();
    const readOut = figure.getByRole('status');
    await figure.locator('> svg').focus();
    await page.keyboard.press('ArrowRight');
    expect(await readOut.textContent()).toMatch(/^upstream, p50: /);
    await page.keyboard.press('ArrowRight');
    // There are too few samples for what lies between.
    expect(await readOut.textContent()).toMatch(/^upstream, max: /);
    await figure.locator('svg .s-1 .mark').last().hover();
    expect(await readOut.textContent()).toMatch(/^never, max: /);
    await page.context().close();
  });

  it('draws its charts at any setting, as they would be drawn if it were the first', async () => {
    const { page } = await open(1280);
    const svgs = () =>
      page.evaluate('[...document.querySelectorAll("#charts svg")].map((svg) => svg.outerHTML)');
    const before = await svgs();
    await page.locator('select[name=chunk]').selectOption('64');
    const after = await svgs();
    expect(after).not.toEqual(before);
    expect(await page.locator('.setting').textContent()).toContain('chunk=64');
    expect(await page.locator('#charts figcaption').first().textContent()).toContain('chunk=64');
    await page.getByRole('button', { name: 'first setting' }).click();
    expect(await svgs()).toEqual(before);
    await page.context().close();
  });

  it('shows any statistic of any kind by factor', async () => {
    const { page } = await open(1280);
    await page.locator('select[name="kind of latency"]').selectOption('flush');
    await page.locator('select[name=statistic]').selectOption('max');
    const titles = await page.locator('#factors h4').allTextContents();
    expect(titles.map((title) => title.replace(/ #$/, ''))).toEqual([
      'flush: max by chunk',
      'flush: max by costs',
    ]);
    await page.context().close();
  });

  it('sorts tables by their columns and filters their rows', async () => {
    const { page } = await open(1280);
    await page.locator('#tables summary').first().click();
    const table = page.locator('#tables table').first();
    const column = () => table.locator('tbody tr:visible td:nth-child(4)').allTextContents();
    const head = table.locator('th').nth(3);
    await head.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('ascending');
    const sorted = await column();
    await page.keyboard.press('Enter');
    expect(await head.getAttribute('aria-sort')).toBe('descending');
    expect((await column()).reverse()).toEqual(sorted);
    await page.getByLabel('Rows with').first().fill('never flush');
    const rows = await table.locator('tbody tr:visible').allTextContents();
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toMatch(/flush.*never/);
    await page.context().close();
  });

  it('zooms what happened around a latency: rows keep their names, the axis shows the times', async () => {
    const { page } = await open(420);
    const lanes = page.locator('.lanes').first();
    const times = () => lanes.locator('.moments text').allTextContents();
    const names = await lanes.locator('.names text').allTextContents();
    expect(names).toContain('pCPU 0');
    const [from, to] = [
      Number(await lanes.locator('.zoom').getAttribute('data-from')),
      Number(await lanes.locator('.zoom').getAttribute('data-to')),
    ];
    const seen = async () => (await times()).map((text) => nanoseconds(text));
    let width = to - from;
    for (let step = 0; step < 6; step++) {
      const all = await seen();
      expect(all.length).toBeGreaterThan(1);
      expect(Math.max(...all) - Math.min(...all)).toBeLessThanOrEqual(width);
      expect(Math.min(...all)).toBeGreaterThanOrEqual((from + to) / 2 - width / 2 - 1);
      expect(Math.max(...all)).toBeLessThanOrEqual((from + to) / 2 + width / 2 + 1);
      await lanes.getByRole('button', { name: 'zoom in' }).click();
      width /= 2;
    }
    expect(await lanes.locator('.names text').allTextContents()).toEqual(names);
    expect(await lanes.locator('.names').isVisible()).toBe(true);
    await page.context().close();
  });

  it('has a link to every chart, which opens what is folded', async () => {
    const { page } = await open(1280);
    const ids = (await page.evaluate(
      '[...document.querySelectorAll("figure[id]")].map(({ id }) => id)',
    )) as string[];
    expect(new Set(ids).size).toBe(ids.length);
    const links = (await page.evaluate(
      '[...document.querySelectorAll("nav details a")].map((a) => a.hash.slice(1))',
    )) as string[];
    expect([...links].sort()).toEqual([...ids].sort());
    const last = page.locator(`figure[id="${ids.find((id) => id.includes('worst'))}"]`);
    await page.evaluate(`location.hash = ${JSON.stringify(await last.getAttribute('id'))}`);
    await last.waitFor({ state: 'visible' });
    await page.context().close();
  });

  it('copies commands and tables', async () => {
    const { page } = await open(1280);
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page
      .locator('#reproduce')
      .getByRole('button', { name: 'Copy this text' })
      .first()
      .click();
    expect(await page.evaluate('navigator.clipboard.readText()')).toMatch(/^preemptlab run /);
    await page.context().close();
  });

  it('prints what is not folded, on white, in few pages', async () => {
    const { page } = await open(1280, false, 'dark');
    const color = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await color()).not.toBe('rgb(255, 255, 255)');
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    // Two kinds, two factors: the same charts as the main study has, but for two kinds.
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeLessThanOrEqual(8);
    await page.emulateMedia({ media: 'print' });
    expect(await color()).toBe('rgb(255, 255, 255)');
    expect(await page.locator('#tables td').first().isVisible()).toBe(false);
    await page.context().close();
  });
});

describeWith('chromium', 'the report of the main study', (executablePath) => {
  it('is small, answers on the first screen, and prints on few pages', async () => {
    const out = temporaryFolder();
    // All its cells; a few replications say what it takes on paper.
    const few = ['--replications', '8', '--set', 'duration=110ms', '--quiet'];
    const ran = preemptlabProcess('run', 'experiments/dario.yaml', ...few, '--out', out);
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    const file = join(out, 'report.html');
    expect(statSync(file).size).toBeLessThan(3e6);
    const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(pathToFileURL(file).href);
    expect(await page.locator('.answer').count()).toBe(3);
    for (const chart of await page.locator('.answer svg').all()) {
      const box = await chart.boundingBox();
      expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(800);
    }
    const pdf = (await page.pdf({ format: 'A4' })).toString('latin1');
    expect(pdf.match(/\/Type \/Page\b/g)?.length).toBeLessThanOrEqual(12);
    await browser.close();
  });
});

/** A label of the axis of moments. */
function nanoseconds(label: string): number {
  const [number, unit] = label.replace('−', '-').split(' ');
  return Number(number) * ({ ms: 1e6, us: 1e3, ns: 1 }[unit] ?? 1);
}
