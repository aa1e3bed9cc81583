import { timeText } from '../analysis/time-text.ts';
import { adviceStudy, flushedMemory, simulatedWorst } from '../experiment/advice-study.ts';
import { costProfileFiles } from '../experiment/plan/files.ts';
import type { Setup } from '../experiment/schema/schema.ts';
import { counted } from '../input/counted.ts';
import { formatProblems } from '../input/problems.ts';
import { formatSize, parseDuration } from '../input/units.ts';
import { PAGE } from '../memory/p2m.ts';
import { type Advice, advise, rulesFor } from '../work/advice.ts';
import { flushRule } from '../work/policy.ts';
import { DONE, FAILED, refuse } from './exit-codes.ts';
import { say } from './say.ts';

/** Options of `preemptlab advise`, as typed. */
export interface AdviseOptions {
  readonly target?: string;
  readonly threshold?: string;
  readonly every?: string;
  readonly costs: string;
  readonly set: readonly string[];
}

/** Thresholds that are shown beside the one that is asked for. */
const THRESHOLDS = [64, 128, 256, 512, 1024, 2048, 4096, 20_480];
/** Profiles of one's own are in the folder costs where the program is started. */
const profiles = costProfileFiles('advise.yaml');

/** Of a chunk: how far below the worst wait the longest of the simulated ones may stay. */
const TOLERANCE = 0.05;

/** `preemptlab advise`: from a target to a rule for check points, or from a rule to the worst wait. @returns the exit code */
export function adviseCommand(options: AdviseOptions): number {
  const { target, threshold, every } = options;
  if ([target, threshold, every].filter((given) => given !== undefined).length !== 1) {
    return refuse('expected one of --target DURATION, --threshold NUMBER and --every DURATION');
  }
  const wanted = target === undefined ? undefined : parseDuration(target);
  if (wanted !== undefined && !wanted.ok) {
    return refuse(`--target ${target}: expected a duration like 50us`);
  }
  // The arithmetic is of typical costs; what they vary by is told besides.
  const sets = [`machine.costs={profile: ${options.costs}, spread: false}`, ...options.set];
  if (threshold !== undefined) sets.push(`policies.checked.during.threshold=${threshold}`);
  if (every !== undefined) sets.push(`policies.checked.during={every: ${every}}`);
  const loaded = adviceStudy(profiles, sets);
  if (!loaded.ok) return refuse(formatProblems(loaded.problems));
  const { setup } = loaded.experiment.cells[0];
  const memory = flushedMemory(setup);
  const { costs } = setup.machine;
  say(headline(options.costs, setup));
  if (wanted === undefined) {
    const advice = advise(flushRule(setup.policy), costs, memory);
    say(['', ...describe(advice), ...table(setup)].join('\n'));
    return compare(advice, sets);
  }
  const { counted, timed } = rulesFor(wanted.value, costs, memory);
  if (counted === undefined) {
    const least = advise({ threshold: 1, pageWeight: 10, skipWeight: 1 }, costs, memory);
    const needs = timeText(Math.max(least.worst, least.worstInHoles));
    say(
      `\nNo rule keeps ${timeText(wanted.value)}: checking at every page, the worst wait is ${needs}.`,
    );
    return DONE;
  }
  say(`\nFor at most ${timeText(wanted.value)}:`);
  say(describe(counted).join('\n'));
  if (timed !== undefined) say(`\nor by time:\n${describe(timed).join('\n')}`);
  say(table(setup).join('\n'));
  return compare(counted, [...sets, `policies.checked.during=${ruleText(counted)}`]);
}

function headline(name: string, setup: Setup): string {
  const { page, lookup, skip } = setup.machine.costs;
  const { pages, blockPages } = flushedMemory(setup);
  const steps = [`page ${timeText(page)}`, `lookup ${timeText(lookup)}`, `skip ${timeText(skip)}`];
  const size = `${formatSize(pages * PAGE)} in blocks of ${formatSize(blockPages * PAGE)}`;
  return `Costs ${name}: ${steps.join(', ')}; a flush of ${size}.`;
}

function describe(advice: Advice): string[] {
  const { pages, chunk, worst, worstInHoles, checks, checking, flush, stop, window, worstBefore } =
    advice;
  const share = ((100 * checking) / flush).toPrecision(2);
  return [
    `  ${ruleText(advice)}: a check every ${counted(pages, 'page')}, c = ${timeText(chunk)}`,
    `  worst wait of a softirq during the flush: ${timeText(worst)}${among(worstInHoles)}`,
    `  a flush takes ${timeText(flush)}; its ${checks} checks take ${share} % of that, each stop ${timeText(stop)} more`,
    `  w = ${timeText(window)} before it; raised there a softirq waits ${timeText(worstBefore.checked)} at most with the check ` +
      `before the flush, ${timeText(worstBefore.unchecked)} without`,
  ];
}

function among(holes: number): string {
  return Number.isFinite(holes) ? ` (among holes ${timeText(holes)})` : '';
}

function ruleText({ rule }: Advice): string {
  if (rule === 'never') return 'never';
  if ('everyNs' in rule) return `{every: ${rule.everyNs}ns}`;
  return 'threshold' in rule
    ? `{threshold: ${rule.threshold}}`
    : `{block: ${2 ** rule.blockOrder} pages}`;
}

function table(setup: Setup): string[] {
  const rows = THRESHOLDS.map((threshold) => {
    const rule = { threshold, pageWeight: 10, skipWeight: 1 };
    const { pages, worst, worstInHoles, checking, flush } = advise(
      rule,
      setup.machine.costs,
      flushedMemory(setup),
    );
    const share = `${((100 * checking) / flush).toPrecision(2)} %`;
    return [String(threshold), String(pages), timeText(worst), timeText(worstInHoles), share];
  });
  const lines = [['threshold', 'pages', 'worst wait', 'in holes', 'checks cost'], ...rows];
  return ['', ...lines.map((cells) => `  ${cells.map((cell) => cell.padStart(12)).join('')}`)];
}

/** Runs the advised rule and says whether the arithmetic holds there. @returns the exit code */
function compare(advice: Advice, sets: readonly string[]): number {
  const { worst, chunk, flush, window } = advice;
  // From where the flush has begun, so that most softirqs fall into whole chunks of it.
  const to = Math.min(window + flush, window + 4 * chunk);
  const duration = 100e6 + Math.ceil(1.5 * flush);
  const all = [
    ...sets,
    `duration=${duration}ns`,
    `sampling.to=${to}ns`,
    `sampling.windows.0.to=${to}ns`,
  ];
  const loaded = adviceStudy(profiles, all);
  if (!loaded.ok) return refuse(formatProblems(loaded.problems));
  const simulated = simulatedWorst(loaded.experiment);
  const agrees = simulated <= worst && simulated >= worst - TOLERANCE * chunk;
  const { replications } = loaded.experiment;
  say(
    `\nSimulated: the longest of ${replications} waits is ${timeText(simulated)}: ${agrees ? 'as computed' : 'NOT as computed'}.`,
  );
  const varying = adviceStudy(profiles, [...all, 'machine.costs.spread=true']);
  if (varying.ok && Object.keys(varying.experiment.cells[0].setup.machine.spreads).length > 0) {
    say(
      `With costs that vary as the profile says it is ${timeText(simulatedWorst(varying.experiment))}.`,
    );
  }
  return agrees ? DONE : FAILED;
}
