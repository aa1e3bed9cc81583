import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { measureInChild } from './child.ts';
import { chosenFigures, type Figure } from './figures.ts';
import { median, rounded } from './measure.ts';

/*
 * Is the working tree slower than a revision?
 *
 *     npm run bench:compare HEAD~1                      all figures (about 10 minutes)
 *     npm run bench:compare HEAD~1 -- --only hold,mm1   some
 *
 * Builds the revision in a git worktree of its own, with this tree's bench and dependencies, and measures both in turns. Figures
 * that the revision cannot give are left out. Exit code 1 if a figure is worse than 0.9 of what it was beyond noise:
 * by the median of the rounds' ratios, and by the best of each side, too.
 */

const ROUNDS = 5;
const WORST = 0.9;
/** Of a long one, fewer rounds have to do. */
const LONG = 'dario_s';
const LONG_ROUNDS = 2;

/** A figure, before and after, in rounds that are free of each other's slow spells. */
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
  if (!existsSync(join(folder, 'dist-bench'))) throw new Error(`${folder} could not be built`);
}

/** Checks `revision` out, with this tree's bench, into `folder`. */
function checkOut(revision: string, folder: string): void {
  git('worktree', 'add', '--quiet', '--detach', folder, revision);
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  rmSync(join(folder, 'test/bench'), { recursive: true, force: true });
  cpSync('test/bench', join(folder, 'test/bench'), { recursive: true });
  cpSync('tsconfig.bench.json', join(folder, 'tsconfig.bench.json'));
  build(folder);
}

/** Measures `figure` in both checkouts in turns; undefined if one of them cannot. */
function pairs(figure: Figure, folder: string): Pair[] | undefined {
  const rounds: Pair[] = [];
  for (let i = 0; i < (figure.name === LONG ? LONG_ROUNDS : ROUNDS); i++) {
    const sides = ['.', folder].map((side) => () => measureInChild(side, figure.name, 1));
    // Who begins changes, so that a drift of the machine favours nobody.
    const [first, second] = i % 2 === 0 ? sides : sides.toReversed();
    const [one, other] = [first(), second()];
    if (one === undefined || other === undefined) return undefined;
    rounds.push(i % 2 === 0 ? { after: one, before: other } : { after: other, before: one });
  }
  return rounds;
}

/** Prints how a figure has changed. @returns whether it is worse beyond noise */
function tell({ name, better }: Figure, rounds: readonly Pair[]): boolean {
  const gain = ({ before, after }: Pair) => (better === 'higher' ? after / before : before / after);
  const best = (side: keyof Pair) => {
    const values = rounds.map((pair) => pair[side]);
    return better === 'higher' ? Math.max(...values) : Math.min(...values);
  };
  const gains = rounds.map(gain);
  const middle = median(gains);
  const ofBest = gain({ before: best('before'), after: best('after') });
  const isWorse = middle < WORST && ofBest < WORST;
  const columns = [
    name.padEnd(30),
    String(rounded(best('before'))).padStart(9),
    String(rounded(best('after'))).padStart(9),
    middle.toFixed(2).padStart(7),
    `${Math.min(...gains).toFixed(2)} to ${Math.max(...gains).toFixed(2)}`.padStart(14),
  ];
  console.log(`${columns.join(' ')}${isWorse ? '  worse' : ''}`);
  return isWorse;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' } },
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
  console.log(`${'figure'.padEnd(30)}    before     after   ratio         spread`);
  for (const figure of figures) {
    const rounds = pairs(figure, folder);
    if (rounds === undefined) console.log(`${figure.name.padEnd(30)} not in both`);
    else if (tell(figure, rounds)) process.exitCode = 1;
  }
} finally {
  git('worktree', 'remove', '--force', folder);
  rmSync(parent, { recursive: true, force: true });
}
