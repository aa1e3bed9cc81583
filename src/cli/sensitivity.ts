import { join } from 'node:path';
import { timeText } from '../analysis/time-text.ts';
import { loadExperiment } from '../experiment/plan/load.ts';
import { type Sensitivity, sensitivity } from '../experiment/sensitivity.ts';
import { counted } from '../input/counted.ts';
import { formatProblems } from '../input/problems.ts';
import { type CsvValue, csvChunks } from '../results/csv.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { DONE, refuse } from './exit-codes.ts';
import { ProgressLine } from './progress.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab sensitivity`, as typed. */
export interface SensitivityCommandOptions {
  readonly factor: string;
  readonly trajectories: string;
  readonly replications: string;
  readonly set: readonly string[];
  readonly out?: string;
  readonly quiet?: boolean;
}

const TABLE = 'sensitivity.csv';
const TEXT = 'sensitivity.md';
/** Inputs that are named of each finding. */
const SHOWN = 5;

/** `preemptlab sensitivity EXPERIMENT`: which inputs decide what is found. @returns the exit code */
export async function sensitivityCommand(
  file: string,
  options: SensitivityCommandOptions,
): Promise<number> {
  const factor = Number(options.factor);
  const trajectories = Number(options.trajectories);
  const replications = Number(options.replications);
  const mistakes: string[] = [];
  if (!(factor > 1 && factor <= 1000)) {
    mistakes.push(`--factor ${options.factor}: expected a number above 1, at most 1000`);
  }
  for (const [name, value, text] of [
    ['trajectories', trajectories, options.trajectories],
    ['replications', replications, options.replications],
  ] as const) {
    if (!Number.isInteger(value) || value < 2 || value > 10_000) {
      mistakes.push(`--${name} ${text}: expected a whole number from 2 to 10000`);
    }
  }
  if (mistakes.length > 0) return refuse(mistakes.join('\n'));
  const loaded = loadExperiment(file, options.set);
  if (!loaded.ok) return refuse(formatProblems(loaded.problems));
  const { out } = options;
  const strangers = out === undefined ? [] : strangersAmong(out, [TABLE, TEXT]);
  if (strangers.length > 0)
    return refuse(`${out}: there is something else: ${strangers.join(', ')}`);
  const progress = options.quiet ? undefined : new ProgressLine(1000, 'parts of the work');
  let shown = 0;
  const found = sensitivity(loaded.experiment, { factor, trajectories, replications }, (part) => {
    const now = Math.floor(1000 * part);
    if (now > shown) progress?.advance(now - shown);
    shown = Math.max(shown, now);
  });
  const { inputs, findings } = found;
  const head = [
    `${inputs.length} inputs, each from its value / ${factor} to its value * ${factor}; ${trajectories} trajectories of ` +
      `${counted(inputs.length + 1, 'point')}, ${counted(replications, 'replication')} each; means against ${loaded.experiment.compare.baseline}.`,
    '',
  ];
  const names = inputs.map(({ name }) => name);
  const text = [...head, ...findings.flatMap((finding) => describe(finding, names, factor))];
  console.log(text.join('\n'));
  if (out === undefined) return DONE;
  return withLock(out, async () => {
    writeOutput(out, TABLE, csvChunks(COLUMNS, rows(findings, names)));
    writeOutput(out, TEXT, [`${text.join('\n')}\n`]);
    console.log(`\nresults in ${join(out, TABLE)}`);
    return DONE;
  });
}

const COLUMNS = [
  'policy',
  'kind',
  'input',
  'mu_star_ns',
  'mu_ns',
  'sigma_ns',
  'overturned_at',
  'then',
];

function* rows(findings: readonly Sensitivity[], names: readonly string[]): Generator<CsvValue[]> {
  for (const { policy, kind, effects, overturned } of findings) {
    for (const [i, { muStar, mu, sigma }] of effects.entries()) {
      const by = overturned.find(({ input }) => input.name === names[i]);
      yield [policy, kind, names[i], muStar, mu, sigma, by?.multiple, by?.to];
    }
  }
}

function describe(
  { policy, kind, difference, margin, finding, effects, overturned }: Sensitivity,
  names: readonly string[],
  factor: number,
): string[] {
  const ranked = effects
    .map(({ muStar, sigma }, i) => ({ name: names[i], muStar, sigma }))
    .sort((a, b) => b.muStar - a.muStar)
    .slice(0, SHOWN)
    .filter(({ muStar }) => muStar > 0)
    .map(({ name, muStar, sigma }) => `${name} ${timeText(muStar)} (sd ${timeText(sigma)})`);
  const by = overturned
    .slice(0, SHOWN)
    .map(({ input, multiple, to }) => `${input.name} * ${Number(multiple.toPrecision(2))} (${to})`);
  return [
    `${policy}, mean of ${kind}: ${timeText(difference)}, ${finding} (margin ${timeText(margin)})`,
    `  moved most by: ${ranked.join(', ') || 'nothing'}`,
    finding === 'undecided'
      ? '  nothing to overturn: the interval crosses the margin, more replications would decide'
      : `  overturned by: ${by.join(', ') || `no single input within ${factor} times`}`,
  ];
}
