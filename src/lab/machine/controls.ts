import type { Setup } from '../../experiment/schema/schema.ts';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../input/units.ts';
import { PAGE } from '../../memory/p2m.ts';
import { COST_LEVELS } from '../../work/job.ts';
import { amount, type Control, durations, oneOf, powers, sizes } from '../control.ts';
import { type LabSetting, levelsOf, valueAt } from '../setting.ts';
import type { LabState } from '../state.ts';

const US = 1e3;
const MS = 1e6;
const MIB = 2 ** 20;

const MACHINE = 'Machine';
const CHECKS = 'Checks and costs';
const LOADS = 'Guests';
const STUDY = 'Study';
const LEVELS = 'Settings of the study';

/** What of a policy, a guest or a job can be moved as a duration, and between which ends [ns]. */
const RATES = [
  ['period', 200 * US, 1000 * MS],
  ['mean', 20 * US, 1000 * MS],
  ['run', 0, 10 * MS],
] as const;
/** Rate limits that Xen takes. */
const RATELIMITS = ['0', ...durations(100 * US, 50 * MS)];

/**
 * What can be moved of a setting, with the present values: what its file has, and what decides about waits in any study.
 * @param tree - the file as it is; `root` of the setting: with all that is set
 */
export function controlsOf(
  { root, experiment }: LabSetting,
  tree: LabSetting['root'],
  state: LabState,
  profiles: readonly string[],
): Control[] {
  const [cell] = experiment.cells;
  const { setup } = cell;
  const now = (path: string) => valueAt(root, path);
  return [
    ...checkControls(now, setup),
    ...machineControls(now, setup, profiles),
    ...loadControls(now, setup),
    ...jobControls(now, setup),
    ...factorControls(tree, root, state),
    simulatedTime(setup),
  ];
}

/** Twice the warm-up at least. */
function simulatedTime({ duration: now, measure: { warmUp } }: Setup): Control {
  const least = Math.max(10 * MS, 2 * warmUp);
  return duration('duration', 'simulated time', STUDY, now, least, 10_000 * MS);
}

type Now = (path: string) => string | undefined;

function duration(
  path: string,
  label: string,
  group: string,
  value: number,
  low: number,
  high: number,
): Control {
  return amount(path, label, group, durations(low, high, low === 0), formatDuration(value), nsOf);
}

function nsOf(text: string): number {
  const read = parseDuration(text === '0' ? 0 : text);
  return read.ok ? read.value : Number.NaN;
}

function bytesOf(text: string): number {
  const read = parseSize(text);
  return read.ok ? read.value : Number.NaN;
}

function count(
  path: string,
  label: string,
  group: string,
  values: readonly number[],
  value: string,
): Control {
  return amount(path, label, group, values.map(String), value, Number);
}

/** Where the flush checks, and what its steps cost. */
function checkControls(now: Now, { machine, domains }: Setup): Control[] {
  const controls: Control[] = [];
  const threshold = now('policy.during.threshold');
  const every = now('policy.during.every');
  if (threshold !== undefined) {
    const path = 'policy.during.threshold';
    controls.push(count(path, 'threshold of the check', CHECKS, powers(8, 2 ** 16), threshold));
  }
  if (every !== undefined) {
    const path = 'policy.during.every';
    controls.push(duration(path, 'check every', CHECKS, nsOf(every), US, 100 * MS));
  }
  if (!domains.some(isFlusher)) return controls;
  const { handleSetWay, page } = machine.costs;
  return [
    ...controls,
    duration(
      'machine.costs.handle_set_way',
      'stretch before the check (trap handler)',
      CHECKS,
      handleSetWay,
      0,
      MS,
    ),
    duration('machine.costs.page', 'cost of a page', CHECKS, page, 50, 20 * US),
  ];
}

function isFlusher({ vcpus }: Setup['domains'][number]): boolean {
  return vcpus.some(({ guest }) => guest.name === 'set-way-flusher');
}

function machineControls(now: Now, { machine }: Setup, profiles: readonly string[]): Control[] {
  const { scheduler, spreads } = machine;
  const costs = now('machine.costs.profile') ?? now('machine.costs') ?? 'qemu-icount';
  const ratelimit = 'ratelimit' in scheduler ? scheduler.ratelimit : undefined;
  const isSpread = Object.keys(spreads).length > 0;
  return [
    oneOf('machine.scheduler', 'scheduler', MACHINE, schedulers(now), scheduler.name),
    ...(ratelimit === undefined
      ? []
      : [
          amount(
            'machine.scheduler.ratelimit',
            'rate limit',
            MACHINE,
            RATELIMITS,
            formatDuration(ratelimit),
            nsOf,
          ),
        ]),
    count('machine.pcpus', 'pCPUs', MACHINE, [1, 2, 3, 4, 6, 8], String(machine.pcpus)),
    oneOf('machine.xen', 'version of Xen', MACHINE, ['4.12', '4.17', 'master'], machine.xen),
    duration('machine.timer_slop', 'timer_slop', MACHINE, machine.timerSlop, 0, MS),
    oneOf('machine.costs', 'cost profile', MACHINE, profiles, costs),
    ...(isSpread || now('machine.costs.spread') === 'false'
      ? [oneOf('machine.costs.spread', 'costs vary', MACHINE, ['true', 'false'], String(isSpread))]
      : []),
  ];
}

/** Those that need no table of one's own. */
function schedulers(now: Now): string[] {
  const own = now('machine.scheduler.name') ?? now('machine.scheduler') ?? 'credit';
  return [...new Set(['credit', 'credit2', 'rtds', '"null"', 'round-robin', own])];
}

/** How much memory is flushed, and how often guests do what they do. */
function loadControls(now: Now, { domains }: Setup): Control[] {
  return domains.flatMap((domain) => {
    const { name, vcpus, memory } = domain;
    const controls: Control[] = [];
    const path = `domains.${name}.memory.ram`;
    if (isFlusher(domain) && (now(path) !== undefined || memory.length === 1)) {
      const bytes = memory.reduce(
        (sum, extent) => sum + extent.count * 2 ** extent.order * PAGE,
        0,
      );
      controls.push(
        amount(
          path,
          `${name}: memory`,
          LOADS,
          sizes(PAGE * Math.max(16, 2 ** memory[0].order), 1024 * MIB),
          formatSize(bytes),
          bytesOf,
        ),
      );
    }
    vcpus.forEach(({ guest }, i) => {
      const whose = vcpus.length === 1 ? name : `${name}, vCPU ${i}`;
      const below = `domains.${name}.vcpus.${i}.guest`;
      for (const [key, low, high] of RATES) {
        const value = (guest as Readonly<Record<string, unknown>>)[key];
        if (typeof value !== 'number') continue;
        controls.push(
          duration(`${below}.${key}`, `${whose}: ${key} of ${guest.name}`, LOADS, value, low, high),
        );
      }
    });
    return controls;
  });
}

/** What a job's units cost and where it checks, as far as its file says it in single values. */
function jobControls(now: Now, { jobs = [], jobCosts }: Setup): Control[] {
  const controls = jobs.flatMap(({ name, job }) => {
    const every = `jobs.${name}.check.every`;
    const period = `jobs.${name}.check.period`;
    const [everyNow, periodNow] = [now(every), now(period)];
    const kinds = Object.keys(job.kinds).flatMap((kind) => {
      const path = `jobs.${name}.kinds.${kind}.cost`;
      const cost = nsOf(now(path) ?? '');
      return Number.isNaN(cost)
        ? []
        : [duration(path, `${name}: cost of a ${kind}`, CHECKS, cost, 20, 10 * MS)];
    });
    return [
      ...(everyNow === undefined
        ? []
        : [count(every, `${name}: check every (units)`, CHECKS, powers(1, 2 ** 15), everyNow)]),
      ...(periodNow === undefined
        ? []
        : [duration(period, `${name}: check every`, CHECKS, nsOf(periodNow), US, 100 * MS)]),
      ...kinds,
    ];
  });
  if (jobs.length === 0) return [];
  const costs = oneOf(
    'job_costs',
    'costs of the job',
    CHECKS,
    [...COST_LEVELS],
    jobCosts ?? 'typical',
  );
  return [...controls, costs];
}

/** The study's own factors: a level sets all that it stands for, and takes back what the others set. */
function factorControls(
  tree: LabSetting['root'],
  root: LabSetting['root'],
  state: LabState,
): Control[] {
  return levelsOf(tree).map(({ name, levels }) => {
    const paths = [...new Set(levels.flatMap(({ sets }) => Object.keys(sets)))];
    const isNow = (sets: Readonly<Record<string, string>>) =>
      paths.every((path) => (sets[path] ?? valueAt(tree, path)) === valueAt(root, path));
    const now = levels.find(({ sets }) => isNow(sets));
    const isUntouched = !Object.keys(state.sets).some((path) => paths.includes(path));
    return {
      id: name,
      label: name.replaceAll('_', ' '),
      group: LEVELS,
      choices: levels.map((level, i) => ({
        text: level.name,
        sets: i === 0 ? {} : { ...valuesOf(tree, levels[0].sets), ...level.sets },
      })),
      isAmount: false,
      value: now?.name ?? (isUntouched ? (levels[0]?.name ?? '') : ''),
      clears: paths,
    };
  });
}

/** The file's own values at the paths of some that stand in their place. */
function valuesOf(
  tree: LabSetting['root'],
  sets: Readonly<Record<string, string>>,
): Record<string, string> {
  const all = Object.keys(sets).map((path) => [path, valueAt(tree, path)] as const);
  return Object.fromEntries(all.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
