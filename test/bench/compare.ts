import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { chosenFigures, type Figure } from './figures.ts';
import { median, rounded } from './measure.ts';
import { Side } from './side.ts';

/*
 * Is the working tree slower than a revision?
 *
 *     npm run bench:compare HEAD~1                      all figures (about 15 minutes)
 *     npm run bench:compare HEAD~1 -- --only hold,mm1   some
 *     npm run bench:compare HEAD~1 -- --rounds 40       to tell less than 3 %
 *
 * Builds the revision in a git worktree of its own, with this tree's bench and dependencies. Where this tree's bench does not
 * fit the revision's sources, its own bench measures the figure of that name there. Two processes, one of each side, measure a
 * figure in turns of a second or so, so that both meet the machine in the same state, by their CPU time. Exit code 1 if a figure is
 * worse than 0.9 of what it was beyond noise: if the whole interval of the ratio's median is.
 */

const ROUNDS = '15';
const WORST = 0.9;
/** What takes so long that few rounds have to do. */
const LONG = 'dario_s';
const LONG_ROUNDS = 2;
const BENCH = 'dist-bench';
/** The revision's own bench, compiled. */
const OWN_BENCH = 'dist-bench-own';

/** A figure, before and after, of one round. */
interface Pair {
  readonly before: number;
  readonly after: number;
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { encoding: 'utf8' }).trim();
}

/** Builds `folder`, a checkout; what does not compile there is told by the figures that fail. */
function build(folder: string): void {
  for (const project of ['tsconfig.build.json', 'tsconfig.bench.json']) {
    const tsc = resolve('node_modules/typescript/bin/tsc');
    spawnSync(process.execPath, [tsc, '-p', project], { cwd: folder, stdio: 'ignore' });
  }
  if (!existsSync(join(folder, BENCH))) throw new Error(`${folder} could not be built`);
}

/** Checks `revision` out into `folder`, and builds it with its own bench and with this tree's. */
function checkOut(revision: string, folder: string): void {
  git('worktree', 'add', '--quiet', '--detach', folder, revision);
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  build(folder);
  renameSync(join(folder, BENCH), join(folder, OWN_BENCH));
  rmSync(join(folder, 'test/bench'), { recursive: true, force: true });
  cpSync('test/bench', join(folder, 'test/bench'), { recursive: true });
  cpSync('tsconfig.bench.json', join(folder, 'tsconfig.bench.json'));
  build(folder);
}

/** Measures `figure` in both checkouts in turns; undefined, and why on stderr, if one of them cannot. */
async function pairs(figure: Figure, folder: string, bench: string): Promise<Pair[] | undefined> {
  const count = figure.name === LONG ? LONG_ROUNDS : Number(options.rounds);
  const rounds: Pair[] = [];
  const before = new Side(folder, bench, figure.name);
  const after = new Side('.', BENCH, figure.name);
  try {
    for (let i = 0; i < count; i++) {
      // Who begins changes, so that a drift of the machine favours nobody.
      const sides = i % 2 === 0 ? [before, after] : [after, before];
      const values = new Map<Side, number>();
      for (const side of sides) {
        const value = await side.measure();
        if (value !== undefined) values.set(side, value);
        else {
          console.error(`${side === after ? '.' : folder}: ${figure.name}: ${side.reason}`);
          return undefined;
        }
      }
      rounds.push({ before: Number(values.get(before)), after: Number(values.get(after)) });
    }
    return rounds;
  } finally {
    await Promise.all([before.end(), after.end()]);
  }
}

/** Where the median lies, with 95 % confidence: between two of the sorted values, whose places are binomial. */
function medianRange(values: readonly number[]): [lo: number, hi: number] {
  const sorted = values.toSorted((a, b) => a - b);
  const count = sorted.length;
  let chance = 0.5 ** count;
  let below = chance;
  let place = 0;
  while (below <= 0.025) {
    chance *= (count - place) / (place + 1);
    below += chance;
    place++;
  }
  const lo = Math.max(0, place - 1);
  return [sorted[lo], sorted[count - 1 - lo]];
}

/** Prints how a figure has changed. @returns whether it is worse beyond noise */
function tell({ name, better }: Figure, rounds: readonly Pair[]): boolean {
  const gains = rounds.map(({ before, after }) =>
    better === 'higher' ? after / before : before / after,
  );
  const [lo, hi] = medianRange(gains);
  const isWorse = hi < WORST;
  const columns = [
    name.padEnd(30),
    String(rounded(median(rounds.map(({ before }) => before)))).padStart(9),
    String(rounded(median(rounds.map(({ after }) => after)))).padStart(9),
    median(gains).toFixed(3).padStart(7),
    `${lo.toFixed(3)} to ${hi.toFixed(3)}`.padStart(16),
  ];
  console.log(`${columns.join(' ')}${isWorse ? '  worse' : ''}`);
  return isWorse;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, rounds: { type: 'string', default: ROUNDS } },
});
const [revision] = positionals;
if (revision === undefined) throw new Error('npm run bench:compare REVISION');
const figures = chosenFigures(options.only);
const commit = git('rev-parse', '--verify', `${revision}^{commit}`);
const parent = mkdtempSync(join(tmpdir(), 'preemptlab-compare-'));
const folder = join(parent, 'checkout');
try {
  checkOut(commit, folder);
  console.log(`ratios of the working tree to ${revision}; more than 1 is better now`);
  console.log(`${'median of'.padEnd(30)}    before     after   ratio   95 % interval`);
  for (const figure of figures) {
    const rounds = (await pairs(figure, folder, BENCH)) ?? (await pairs(figure, folder, OWN_BENCH));
    if (rounds === undefined) console.log(`${figure.name.padEnd(30)} not in both`);
    else if (tell(figure, rounds)) process.exitCode = 1;
  }
} finally {
  git('worktree', 'remove', '--force', folder);
  rmSync(parent, { recursive: true, force: true });
}
