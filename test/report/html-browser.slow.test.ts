import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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
${SMALL_STUDY}`;

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
  async function open(width: number, javaScriptEnabled = true, colorScheme?: 'dark') {
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

  /** Sizes of all letters in charts as they are on the screen [px]. */
  function textSizes(page: Page): Promise<number[]> {
    return page.evaluate(`[...document.querySelectorAll('.chart > svg text')].map((text) =>
      parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)`);
  }

  for (const width of [1280, 420]) {
    for (const script of [true, false]) {
      it(`fits ${width} px ${script ? 'with' : 'without'} JavaScript, without error or request`, async () => {
        const { page, noted } = await open(width, script);
        for (const summary of await page.locator('summary').all()) await summary.click();
        const charts = await boxes(page, '.chart > svg');
        // Per kind percentiles, two distributions, differences, causes, a strip, lanes, and two maps: of mean and max, as so
        // few samples have no 99th percentile.
        expect(charts).toHaveLength(2 * (7 + 2));
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
        for (const box of await boxes(page, '#worst .scroll'))
          expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(width);
        expect(await page.locator('#answers').isVisible()).toBe(true);
        // On a wide screen all of an answer can be seen at once.
        for (const box of await boxes(page, '#answers table'))
          expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(Math.max(width, 1100));
        expect(noted).toEqual([]);
        await page.context().close();
      });
    }
  }

  it('switches a series off and on with the keyboard', async () => {
    const { page } = await open(1280);
    const figure = page.locator('.chart').first();
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
    const figure = page.locator('.chart').first();
    const readOut = figure.getByRole('status');
    await figure.locator('> svg').focus();
    await page.keyboard.press('ArrowRight');
    expect(await readOut.textContent()).toMatch(/^upstream, p50: /);
    await page.keyboard.press('ArrowRight');
    // There are too few samples for what lies between.
    expect(await readOut.textContent()).toMatch(/^upstream, max: /);
    await figure.locator('svg .s-1 path').last().hover();
    expect(await readOut.textContent()).toMatch(/^never, max: /);
    await page.context().close();
  });

  it('zooms a strip', async () => {
    const { page } = await open(420);
    const strip = page.locator('.strip').first();
    await strip.getByRole('button', { name: 'zoom in' }).click();
    expect(await strip.locator('.zoom').getAttribute('viewBox')).toBe('120 0 240 36');
    expect(await strip.locator('output').textContent()).toBe('25 % to 75 %');
    await page.context().close();
  });

  it('prints what is folded, on white, without JavaScript too', async () => {
    const { page } = await open(1280, false, 'dark');
    const cell = page.locator('#tables td').first();
    const color = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(await cell.isVisible()).toBe(false);
    expect(await color()).not.toBe('rgb(255, 255, 255)');
    await page.emulateMedia({ media: 'print' });
    expect(await cell.isVisible()).toBe(true);
    expect(await color()).toBe('rgb(255, 255, 255)');
    await page.context().close();
  });

  it('opens what is folded for printing, and folds it again', async () => {
    const { page } = await open(1280);
    const openCount = () => page.locator('details[open]').count();
    await page.evaluate("dispatchEvent(new Event('beforeprint'))");
    expect(await openCount()).toBe(await page.locator('details').count());
    await page.evaluate("dispatchEvent(new Event('afterprint'))");
    expect(await openCount()).toBe(0);
    await page.context().close();
  });
});
