// `npm run promises`: tries all that may go wrong, kills and failures more often than the slow tests, and writes how often into
// docs/scaling.md. Nothing is written unless all of it has passed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const DOCUMENT = 'docs/scaling.md';
const [BEGIN, END] = ['<!-- tried: begin -->', '<!-- tried: end -->'];
/** What is asked for unless the environment says otherwise. */
const ASKED = { TORTURE_KILLS: '100', FAULT_STRIDE: '3', FUZZ_FACTOR: '1' };

const folder = mkdtempSync(join(tmpdir(), 'promises-'));
const file = join(folder, 'tally.jsonl');
writeFileSync(file, '');
const env = { ...ASKED, ...process.env, TALLY: file };
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  'torture',
  'test/batch/interrupted.slow',
  'fuzz',
];
const { status } = spawnSync(process.execPath, vitest, { env, stdio: 'inherit' });
if (status !== 0) process.exit(1);

const sums = new Map();
for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
  const { tried, times } = JSON.parse(line);
  sums.set(tried, (sums.get(tried) ?? 0) + times);
}
rmSync(folder, { recursive: true });
const rows = [...sums]
  .sort()
  .map(([tried, times]) => `| ${tried} | ${times.toLocaleString('en')} |`);
const table = [
  '| tried, and nothing was lost, done twice or believed | times |',
  '|---|---:|',
  ...rows,
];
const document = readFileSync(DOCUMENT, 'utf8');
const before = document.slice(0, document.indexOf(BEGIN) + BEGIN.length);
const after = document.slice(document.indexOf(END));
writeFileSync(DOCUMENT, `${before}\n\n${table.join('\n')}\n\n${after}`);
