import type { CostProfile } from '../experiment/plan/cost-profile.ts';
import { COST_KEYS } from '../experiment/schema/machine-schema.ts';
import { type Spread, typicalQuantile } from '../hypervisor/machine/cost-spread.ts';
import type { DerivedCosts, Law, ScheduleKey, SchedulerLaws, Tracing } from './calibration.ts';

const SCHEDULE_STEPS: readonly ScheduleKey[] = ['schedule', 'schedule_from_idle'];
const DIGITS = 3;
const WIDTH = 112;

/**
 * Writes a cost profile: what traces say, by scheduler, and for everything else another profile, which each such step's
 * source names.
 * @param own - the scheduler whose spread the profile has: a spread cannot differ by scheduler
 */
export function calibratedProfile(
  tracing: Tracing,
  own: DerivedCosts,
  derived: readonly DerivedCosts[],
  laws: readonly SchedulerLaws[],
  base: CostProfile,
  traces: readonly string[],
): string {
  const costs = new Map<string, Map<string, number>>();
  for (const one of derived) {
    for (const [key, cost] of Object.entries(one[tracing])) {
      const ofKey = costs.get(key) ?? new Map<string, number>();
      costs.set(key, ofKey.set(one.scheduler, cost));
    }
  }
  const how =
    tracing === 'traced'
      ? 'Xen while it is traced: what its records take is in the costs'
      : 'Xen as it is: what the records of the trace took is taken off';
  const lines = [
    ...folded(
      'description',
      `Derived from ${traces.join(', ')}. ${how}. Steps whose source says so are those of ${base.name}.`,
    ),
    `extends: ${base.name}`,
    ...spreads(own, tracing),
    'costs:',
    ...[...costs].map(([key, its]) => `  ${key}: ${costText(key, its, base)}`),
    'sources:',
    ...[...COST_KEYS.keys()].flatMap((key) => {
      const its = costs.get(key);
      const source =
        its === undefined
          ? `not in the trace: ${base.name}`
          : sourceOf(key, tracing, [...its.keys()], laws, base.name);
      return folded(key, source, '  ');
    }),
  ];
  return `${lines.join('\n')}\n`;
}

/** `{ default: 1207, credit: 1190 }`: other schedulers have what the base profile says. */
function costText(key: string, its: ReadonlyMap<string, number>, base: CostProfile): string {
  const name = COST_KEYS.get(key);
  const before = name === undefined ? undefined : base.costs.get(name);
  const all = { ...before, ...Object.fromEntries(its) };
  return `{ ${Object.entries(all)
    .flatMap(([where, cost]) => (cost === undefined ? [] : `"${where}": ${cost}`))
    .join(', ')} }`;
}

function sourceOf(
  key: string,
  tracing: Tracing,
  schedulers: readonly string[],
  laws: readonly SchedulerLaws[],
  base: string,
): string {
  const its = laws.filter(({ scheduler }) => schedulers.includes(scheduler));
  if (key === 'schedule_same' || key === 'handle_wfi' || key.startsWith('context_switch')) {
    const records = its.map(
      ({ scheduler, record }) => `${scheduler}: ${Math.round(record)} ns each`,
    );
    return `${base}, and the records that are written meanwhile (${records.join('; ')})`;
  }
  const sums = its.flatMap(({ scheduler, paths }) => {
    const path =
      key === 'schedule_from_idle' ? paths.wakeFromIdle : (paths.wake ?? paths.wakeFromIdle);
    if (path === undefined) return [];
    const law = tracing === 'traced' ? path.traced : path.whole;
    return `${scheduler}: ${Math.round(law.mean)} ns on average of ${path.count}`;
  });
  const from =
    key === 'schedule_from_idle' ? 'on an idle pCPU' : 'where a guest ran, else on an idle pCPU';
  return `derived from WAKE to running ${from} (${sums.join('; ')}), split among its steps as in ${base}`;
}

/** How schedule() of the scheduler varies, where that can be said. */
function spreads({ scheduler, spread: laws }: DerivedCosts, tracing: Tracing): string[] {
  const lines = SCHEDULE_STEPS.flatMap((step) => {
    const law = laws[tracing][step];
    const spread = law === undefined || law.mean <= 0 ? undefined : lawAsSpread(law);
    return spread === undefined ? [] : spreadLines(step, scheduler, spread);
  });
  return lines.length === 0 ? [] : ['spread:', ...lines];
}

/** A law as multiples of its mean, none of which is beyond what a profile can say; undefined: its mean cannot be typical. */
function lawAsSpread({ least, p99, most, mean }: Law): Spread | undefined {
  const round = (value: number) => Number((value / mean).toFixed(DIGITS));
  const spread = { least: round(least), p99: Math.max(1, round(p99)), most: 0 };
  spread.most = Math.max(spread.p99, round(most));
  const typical = typicalQuantile(spread);
  return typical >= 0 && typical < 0.99 && spread.least <= 1 ? spread : undefined;
}

function spreadLines(step: ScheduleKey, scheduler: string, spread: Spread): string[] {
  const { least, p99, most } = spread;
  return [
    `  ${step}:`,
    `    steps: [${step}]`,
    `    least: ${least}`,
    `    p99: ${p99}`,
    `    most: ${most}`,
    `    source: the spread of WAKE to running (${scheduler}), which is given to this step as a whole`,
  ];
}

/** A key and its text, in lines of bounded length. */
function folded(key: string, text: string, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [`${indent}${key}: >`, ...[...lines, line].map((one) => `${indent}  ${one}`)];
}
