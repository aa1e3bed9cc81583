import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync } from 'node:zlib';
import axe, { type AxeResults } from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PROGRAM, temporaryFolder } from '../cli/cli.ts';
import { describeWith } from '../tools.ts';
import { argumentsOf } from './lab-source.ts';

describeWith('chromium', 'the lab in a browser', (executablePath) => {
  let browser: Browser;
  let url = '';

  beforeAll(async () => {
    const out = join(temporaryFolder(), 'lab.html');
    execFileSync('node', [PROGRAM, 'lab', '--out', out]);
    url = pathToFileURL(out).href;
    browser = await chromium.launch({ executablePath, timeout: 600_000, args: ['--no-sandbox'] });
  });
  afterAll(() => browser?.close());

  /** Opens the page; what it complains about and asks for is in `noted`. */
  async function open(
    fragment = '',
    width = 1280,
    colorScheme: 'light' | 'dark' = 'light',
    isInspected = false,
  ) {
    const context = await browser.newContext({
      // The rules of accessibility are put into the page; without them its own policy holds.
      bypassCSP: isInspected,
      viewport: { width, height: 900 },
      colorScheme,
      reducedMotion: 'reduce',
    });
    const page = await context.newPage();
    page.setDefaultTimeout(600_000);
    const noted: string[] = [];
    page.on('console', (message) => noted.push(message.text()));
    page.on('pageerror', (error) => noted.push(error.message));
    page.on('request', (request) => {
      // The worker is a part of the page.
      if (request.url() !== url && !request.url().startsWith('blob:')) noted.push(request.url());
    });
    await page.goto(`${url}${fragment}`);
    await finished(page);
    return { page, noted };
  }

  /** Waits until all of a setting has been run. */
  async function finished(page: Page): Promise<void> {
    await page.locator('#results[aria-busy=false]').waitFor();
    await page.locator('#events li').first().waitFor();
  }

  const answer = (page: Page) => page.locator('#answer').textContent();
  const command = async (page: Page) => (await page.locator('#command').textContent()) ?? '';

  /** Does something that runs another setting, and waits for the answer to that. */
  async function moved(page: Page, act: () => Promise<unknown>): Promise<void> {
    const before = await command(page);
    await act();
    await expect.poll(() => command(page), { timeout: 600_000 }).not.toBe(before);
    await finished(page);
  }

  it('answers, without an error or a request', async () => {
    const { page, noted } = await open();
    expect(await answer(page)).toMatch(
      /^softirq_flush under upstream: .* on average, .* at most\./,
    );
    expect(await answer(page)).toMatch(/never is worse by/);
    expect(await page.locator('.plot svg path').count()).toBeGreaterThan(10);
    expect(await page.locator('#theory').textContent()).toContain('its interval holds it');
    expect(noted).toEqual([]);
    await page.context().close();
  });

  it('moves by keyboard, has an address for it, and gives the samples of its command, to the byte', async () => {
    const { page, noted } = await open('#replications=5&policies=upstream,never');
    const before = await answer(page);
    await page.getByLabel('threshold of the check', { exact: true }).focus();
    await moved(page, () => page.keyboard.press('ArrowLeft'));
    expect(await answer(page)).not.toBe(before);
    expect(new URL(page.url()).hash).toBe(
      '#policy.during.threshold=256&policies=upstream,never&replications=5',
    );
    await page.getByLabel('timer_slop, typed').fill('1us');
    await moved(page, () => page.keyboard.press('Enter'));
    await moved(page, () => page.getByLabel('scheduler', { exact: true }).selectOption('credit'));
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download samples.csv' }).click(),
    ]);
    const samples = readFileSync(await download.path(), 'utf8');
    const out = temporaryFolder();
    const args = argumentsOf(await command(page));
    execFileSync('node', [PROGRAM, ...args.slice(0, -1), out, '--quiet']);
    expect(samples.length).toBeGreaterThan(10_000);
    expect(samples).toBe(gunzipSync(readFileSync(join(out, 'samples.csv.gz'))).toString());
    // The address alone leads there again.
    const again = await open(new URL(page.url()).hash);
    expect(await command(again.page)).toBe(await command(page));
    expect(await answer(again.page)).toBe(await answer(page));
    expect(noted).toEqual([]);
    await page.context().close();
    await again.page.context().close();
  });

  it('follows an address that is typed, and passes over an experiment that it does not have', async () => {
    const { page } = await open('#replications=2');
    await moved(page, async () => {
      await page.evaluate("location.hash = '#experiment=nothing&machine.pcpus=2&replications=2'");
    });
    expect(await command(page)).toContain('--set machine.pcpus=2');
    expect(await page.getByLabel('pCPUs, typed').inputValue()).toBe('2');
    expect(await page.getByLabel('experiment').inputValue()).toBe('dario');
    await page.context().close();
  });

  it('gives up a replication that takes long when something else is asked', async () => {
    const { page } = await open('#replications=2');
    // Billions of expiries: nobody would wait for that.
    await page.getByLabel('sleeper: mean of poisson-waker, typed').fill('100ns');
    await page.getByLabel('simulated time, typed').fill('1000s');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(500);
    await moved(page, async () => {
      await page.getByRole('button', { name: 'As in the file' }).click();
      await page.getByLabel('timer_slop, typed').fill('1us');
      await page.keyboard.press('Enter');
    });
    expect(await command(page)).toContain('machine.timer_slop=1us');
    expect(await command(page)).not.toContain('duration');
    await page.context().close();
  });

  it('says what is wrong with a value, and goes on when it is right', async () => {
    const { page } = await open('#replications=2');
    await page.getByLabel('cost of a page, typed').fill('twelve');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('machine.costs.page');
    await page.getByLabel('cost of a page, typed').fill('1300ns');
    await moved(page, () => page.keyboard.press('Enter'));
    expect(await page.locator('#problem').isVisible()).toBe(false);
    expect(await command(page)).toContain('--set machine.costs.page=1300ns');
    await page.context().close();
  });

  it('holds two settings against each other', async () => {
    const { page } = await open('#replications=10');
    await page.getByRole('button', { name: 'Hold this setting as A' }).click();
    await page.getByText('A is held').waitFor();
    await page.getByLabel('threshold of the check', { exact: true }).focus();
    await moved(page, () => page.keyboard.press('PageUp'));
    expect(await page.locator('#held').textContent()).toContain(
      'policy.during.threshold: A as in the file, B ',
    );
    expect(await page.locator('#numbers tbody tr').count()).toBe(10);
    const caption = page.locator('#verdicts caption').first();
    expect(await caption.textContent()).toContain('B less A');
    const row = page.locator('#verdicts tbody tr').first();
    expect(await row.textContent()).toMatch(/^upstream[a-z]+ \+/);
    expect(page.url()).toMatch(/&vs&/);
    await page.getByRole('button', { name: 'Let A go' }).click();
    await expect.poll(() => page.locator('#numbers tbody tr').count()).toBe(5);
    await page.context().close();
  });

  it('goes through the worst case event by event, and zooms it', async () => {
    const { page } = await open('#replications=4');
    const event = page.locator('#event');
    const events = await page.locator('#events li').count();
    expect(events).toBeGreaterThan(3);
    await page.locator('#timeline').focus();
    await page.keyboard.press('ArrowRight');
    expect(await event.textContent()).toMatch(
      new RegExp(`^Event 1 of ${events}, .* before it began: `),
    );
    for (let i = 1; i < events; i++) await page.keyboard.press('ArrowRight');
    expect(await event.textContent()).toMatch(
      new RegExp(`^Event ${events} of ${events}, .* after it began: softirq`),
    );
    const times = () => page.locator('#timeline .time').allTextContents();
    const all = await times();
    await page.keyboard.press('+');
    await expect.poll(times).not.toEqual(all);
    await page.keyboard.press('0');
    await expect.poll(times).toEqual(all);
    const parts = await page.locator('#worst-causes tbody td:nth-child(2)').allTextContents();
    expect(parts.length).toBeGreaterThan(1);
    await page.context().close();
  });

  it.each([
    [1280, 'light'],
    [420, 'dark'],
  ] as const)('fits %d px, and keeps the rules of accessibility, %s', async (width, scheme) => {
    const { page } = await open(
      '#replications=9&vs&machine.timer_slop=1us&replications=9',
      width,
      scheme,
      true,
    );
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    await page.locator('#verdicts summary').first().click();
    await page.addScriptTag({ content: axe.source });
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 150)).join('; ')}`,
    );
    expect(found).toEqual([]);
    await page.context().close();
  });

  it('opens the other experiments: any work in units, and the operations of Xen', async () => {
    const { page, noted } = await open('#replications=1');
    for (const [name, label] of [
      ['check-rules', 'work: cost of a unit'],
      ['atlas', 'operation'],
    ]) {
      await moved(page, () => page.getByLabel('experiment').selectOption(name));
      expect(await page.getByLabel(label, { exact: true }).count()).toBe(1);
    }
    await moved(page, () =>
      page.getByLabel('operation', { exact: true }).selectOption('argo-destroy-master'),
    );
    expect(await answer(page)).toMatch(/^softirq_operation under upstream: /);
    expect(noted).toEqual([]);
    await page.context().close();
  });
});
