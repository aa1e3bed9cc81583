import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { findTool } from '../tools.ts';

/*
 * `npm run bench:lab`: how soon the lab shows something, how soon a moved setting is seen, and how many frames a second a
 * browser draws while something is dragged. The numbers are the machine's: run it when nothing else does.
 */

const OPENED = 7;
const MOVED = 9;
/** How long something is dragged [ms]. */
const DRAGGED = 3000;

async function main(): Promise<void> {
  const executablePath = findTool('chromium');
  if (executablePath === undefined) throw new Error('chromium is missing');
  const folder = mkdtempSync(join(tmpdir(), 'preemptlab-lab-'));
  const file = join(folder, 'lab.html');
  execFileSync('node', [resolve('dist/cli/main.js'), 'lab', '--out', file]);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    await measure(browser, pathToFileURL(file).href);
  } finally {
    await browser.close();
    rmSync(folder, { recursive: true });
  }
}

async function measure(browser: Browser, url: string): Promise<void> {
  const first: number[] = [];
  const work: number[] = [];
  for (let i = 0; i < OPENED; i++) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const page = await context.newPage();
    const metric = await metricsOf(page);
    await page.goto(url);
    await page.locator('#answer:not(:empty)').waitFor();
    work.push(1000 * (await metric('ProcessTime')));
    first.push(
      await page.evaluate<number>("performance.getEntriesByName('first result')[0].startTime"),
    );
    await page.context().close();
  }
  tell('first result after opening', first, 'ms');
  tell('processor time of page and machine until then', work, 'ms');
  const page = await open(browser, url);
  const slider = page.getByLabel('threshold of the check', { exact: true });
  await slider.focus();
  tell('a moved setting is seen after', await moves(page), 'ms');
  const { x = 0, y = 0, width = 0, height = 0 } = (await slider.boundingBox()) ?? {};
  tell(
    'frames while the threshold is dragged',
    await frames(page, { x, y: y + height / 2, width }),
    'ms',
  );
  const timeline = page.locator('#timeline');
  await timeline.scrollIntoViewIfNeeded();
  for (let i = 0; i < 4; i++) await page.getByRole('button', { name: 'zoom in' }).click();
  const box = (await timeline.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  const lane = { x: box.x + 200, y: box.y + box.height / 2, width: box.width - 220 };
  tell('frames while the timeline is dragged', await frames(page, lane), 'ms');
}

async function open(browser: Browser, url: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator('#results[aria-busy=false] #timeline svg').waitFor();
  return page;
}

/** What the browser knows of the page's process [s]. */
async function metricsOf(page: Page): Promise<(wanted: string) => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async (wanted) => {
    const { metrics } = await session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  };
}

/** From a key on a slider to its first result on the page, several times [ms]. */
async function moves(page: Page): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < MOVED; i++) {
    times.push(
      await page.evaluate<number>(`new Promise((resolve) => {
        const answer = document.getElementById('answer');
        const began = performance.now();
        const seen = new MutationObserver(() => { seen.disconnect(); resolve(performance.now() - began); });
        seen.observe(answer, { childList: true });
        const slider = document.activeElement;
        slider.value = String(Number(slider.value) + (${i} % 2 === 0 ? 1 : -1) * ${1 + (i >> 1)});
        slider.dispatchEvent(new Event('input'));
      })`),
    );
    await page.waitForTimeout(50);
    await page.locator('#results[aria-busy=false]').waitFor();
  }
  return times;
}

/** Drags to and fro along a line; how long each frame took [ms]. */
async function frames(
  page: Page,
  { x, y, width }: { x: number; y: number; width: number },
): Promise<number[]> {
  const metric = await metricsOf(page);
  const busyBefore = await metric('ThreadTime');
  await page.evaluate(`{
    window.frameTimes = [];
    const note = (time) => { window.frameTimes.push(time); window.noting = requestAnimationFrame(note); };
    window.noting = requestAnimationFrame(note);
  }`);
  await page.mouse.move(x + width / 2, y);
  await page.mouse.down();
  const began = performance.now();
  for (let now = began; now - began < DRAGGED; now = performance.now()) {
    const phase = (2 * Math.PI * (now - began)) / 1500;
    await page.mouse.move(x + (width / 2) * (1 + 0.9 * Math.sin(phase)), y);
  }
  await page.mouse.up();
  const share = (100e3 * ((await metric('ThreadTime')) - busyBefore)) / (performance.now() - began);
  console.log(`the page's thread is at work for ${share.toFixed(0)} % of the time that follows`);
  const times = await page.evaluate<number[]>(
    'cancelAnimationFrame(window.noting), window.frameTimes',
  );
  return times.slice(1).map((time, i) => time - times[i]);
}

function tell(what: string, values: readonly number[], unit: string): void {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (part: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const numbers = [
    `median ${at(0.5).toFixed(1)}`,
    `95 % ${at(0.95).toFixed(1)}`,
    `most ${at(1).toFixed(1)}`,
  ];
  console.log(
    `${what}: ${numbers.join(', ')} ${unit}; ${values.length}, mean ${mean.toFixed(1)} ${unit}`,
  );
}

await main();
