import { compareAll } from '../../src/analysis/comparison.ts';
import type { Outcome } from '../../src/experiment/outcome.ts';
import type { Cell, Experiment } from '../../src/experiment/schema/schema.ts';
import { cellResult, runOne } from '../../src/experiment/study.ts';
import type { LatencyKind } from '../../src/measure/latency-kinds.ts';
import type { Metric } from '../../src/measure/metrics.ts';
import { experimentFile } from './experiments.ts';

/*
 * How long it takes until each of the thread's questions is decided, which is what users wait for: CPU time of one core until the
 * interval of a difference lies wholly inside or outside the margin. The main study as it is, which draws the moments that matter
 * more often than they occur, against what it was on 2026-11-27, when it took all moments as they came; both on today's machine.
 *
 *     npm run bench:decided
 */

/** Replications that are added at a time to both cells: at least so many, and a quarter of those that there are. */
const BATCH = 8;
/** After so long it is given up [s]. */
const PATIENCE = 60;

interface Question {
  readonly ask: string;
  readonly policy: string;
  readonly kind: LatencyKind;
  readonly metric: Metric;
  /** Settings of the main study as it is, and as it was. */
  readonly now: string;
  readonly before: string;
}

const BEFORE = 'threshold=512/costs=zcu102-a53/pcpus=1/ratelimit=1ms';
const QUESTIONS: readonly Question[] = [
  {
    ask: 'check before, softirq raised between trap and check',
    policy: 'during-only',
    kind: 'softirq_flush',
    metric: 'p50',
    now: 'raised=window',
    before: BEFORE,
  },
  ...(['immediate', 'never'] as const).flatMap((policy) =>
    (['softirq_flush', 'virq'] as const).flatMap((kind) =>
      (['mean', 'p99'] as const).map((metric) => ({
        ask: `${policy === 'never' ? 'does it matter' : 'checks during it'}, ${kind}`,
        policy,
        kind,
        metric,
        now: 'base',
        before: BEFORE,
      })),
    ),
  ),
];

/** The cells of a policy and of upstream at a setting. */
function pairOf({ cells }: Experiment, policy: string, setting: string): Cell[] {
  const levels = setting.split('/');
  return ['upstream', policy].map((name) => {
    // A policy to which a factor means nothing has no level of it.
    const found = cells.find(({ id }) => {
      const [own, ...of] = id.split('/');
      return own === name && of.every((level) => levels.includes(level));
    });
    if (found === undefined) throw new Error(`there is no cell ${name}/${setting}`);
    return found;
  });
}

/** @returns how long it took [s], how many replications, and what was found */
function decide(
  whole: Experiment,
  { policy, kind, metric, now, before }: Question,
  isNow: boolean,
) {
  const cells = pairOf(whole, policy, isNow ? now : before);
  const outcomes: Outcome[][] = cells.map(() => []);
  const start = process.cpuUsage();
  const spent = () => {
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1e6;
  };
  let verdict = 'undecided';
  let done = 0;
  while (verdict === 'undecided' && spent() < PATIENCE) {
    for (const end = done + Math.max(BATCH, done >> 2); done < end; done++) {
      cells.forEach((cell, i) => {
        outcomes[i].push(runOne(cell, whole.seed, done));
      });
    }
    const experiment = { ...whole, cells, replications: done };
    const results = cells.map((cell, i) => cellResult(cell, outcomes[i]));
    const found = compareAll(experiment, results).find(
      (comparison) =>
        comparison.kind === kind &&
        comparison.metric === metric &&
        comparison.cell.cell.policy === policy,
    );
    verdict = found?.verdict ?? 'undecided';
  }
  return { seconds: spent(), replications: done, verdict };
}

const studies = {
  now: experimentFile('experiments/dario.yaml'),
  before: experimentFile('test/bench/inputs/main-study-2026-11-27.yaml'),
};
console.log(
  '| question | statistic | now [s] | replications | found | before [s] | replications | found |',
);
console.log('|---|---|---|---|---|---|---|---|');
for (const question of QUESTIONS) {
  const now = decide(studies.now, question, true);
  const before = decide(studies.before, question, false);
  const cells = [now, before].flatMap(({ seconds, replications, verdict }) => [
    seconds.toFixed(2),
    replications,
    verdict,
  ]);
  console.log(`| ${[question.ask, question.metric, ...cells].join(' | ')} |`);
}
