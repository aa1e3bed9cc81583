import { basename, extname, join } from 'node:path';
import { timeText } from '../analysis/time-text.ts';
import { printable } from '../input/problems.ts';
import { parseDuration } from '../input/units.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { guestModel } from '../traces/guest-model.ts';
import { type ImportChoice, type ImportResult, importXentrace } from '../traces/import-xentrace.ts';
import type { VcpuWorkload, Workload } from '../traces/workload.ts';
import { domainName, OPS_MAX, opsOf, workloadFile } from '../traces/workload-file.ts';
import { DONE, refuse } from './exit-codes.ts';
import { readTrace } from './read-trace.ts';
import { recordedTable } from './recorded-table.ts';
import { complain, say } from './say.ts';
import { tellTrace } from './tell-trace.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab import`, as typed. */
export interface ImportOptions {
  readonly cpuHz?: string;
  readonly from?: string;
  readonly for?: string;
  readonly domains?: string;
  readonly periodic?: boolean;
  readonly out?: string;
  readonly strict?: boolean;
}

const WORKLOAD = 'workload.yaml';
/** A trace with too many operations is shortened by so much more than they suggest, as they come unevenly. */
const SHORTENED = 0.9;
const SHORTENINGS_MAX = 40;

/** `preemptlab import TRACE`. @returns the exit code */
export async function importCommand(file: string, options: ImportOptions): Promise<number> {
  const mistakes: string[] = [];
  const choice = readChoice(options, mistakes);
  const name = printable(file);
  const bytes = readTrace(file);
  const out = options.out ?? join('results', `${basename(file, extname(file))}-workload`);
  const isPeriodic = options.periodic === true;
  let imported: Imported | undefined;
  let text = '';
  if (typeof bytes === 'string') mistakes.push(`${name}: ${bytes}`);
  else {
    const result = importShortened(bytes, choice, isPeriodic);
    if (!result.ok) {
      mistakes.push(
        ...result.problems.map((problem) => `${name}: byte ${problem.byte}: ${problem.message}`),
      );
    } else {
      imported = result;
      const written = workloadFile(result.workload, {
        hasPeriodic: isPeriodic,
        hasWakers: isPeriodic,
      });
      if (written.ok) text = written.text;
      else mistakes.push(`${name}: ${written.message}`);
    }
  }
  if (mistakes.length > 0 || imported === undefined) return refuse(mistakes.join('\n'));
  const found = imported;
  return withLock(out, async () => {
    const strangers = strangersAmong(out, [WORKLOAD]);
    if (strangers.length > 0) return refuse(strangers.join('\n'));
    writeOutput(out, WORKLOAD, [text]);
    tell(found, isPeriodic);
    say(join(out, WORKLOAD));
    return DONE;
  });
}

type Imported = Extract<ImportResult, { ok: true }> & {
  /** The whole part that was asked for, if it has more operations than a file can hold. */
  readonly whole?: Workload | undefined;
};

/** Imports as much of the part that is chosen as one file can hold. */
function importShortened(
  bytes: Uint8Array,
  choice: ImportChoice,
  isPeriodic: boolean,
): Imported | Extract<ImportResult, { ok: false }> {
  const first = importXentrace(bytes, choice);
  if (!first.ok) return first;
  const { workload: whole } = first;
  let result: Imported = first;
  for (let round = 0; round < SHORTENINGS_MAX; round++) {
    const ops = opsOf(result.workload, isPeriodic);
    if (ops <= OPS_MAX) break;
    const share = (OPS_MAX / ops) * SHORTENED;
    const length = Math.floor(result.workload.duration * share);
    const shorter = importXentrace(bytes, { ...choice, length });
    // Nothing runs in so short a time.
    if (!shorter.ok) break;
    result = { ...shorter, whole };
  }
  return result;
}

function readChoice(options: ImportOptions, mistakes: string[]): ImportChoice {
  const { cpuHz, strict, domains } = options;
  const hz = cpuHz === undefined ? undefined : readHz(cpuHz);
  if (cpuHz !== undefined && hz === undefined) {
    mistakes.push(`--cpu-hz ${printable(cpuHz)}: expected 1K to 1000G, such as 2.4G or 62500K`);
  }
  return {
    hz: cpuHz === undefined ? undefined : (hz ?? 1e9),
    isStrict: strict,
    from: readTime('--from', options.from, 0, mistakes),
    length: readTime('--for', options.for, 1, mistakes),
    domains: domains === undefined ? undefined : readDomains(domains, mistakes),
  };
}

function readTime(
  option: string,
  text: string | undefined,
  least: number,
  mistakes: string[],
): number | undefined {
  if (text === undefined) return undefined;
  const read = parseDuration(text);
  if (read.ok && read.value >= least) return read.value;
  mistakes.push(`${option} ${printable(text)}: expected a duration such as 100ms or 1.5s`);
  return undefined;
}

/** Ids of domains, such as `1,d5`. */
function readDomains(text: string, mistakes: string[]): number[] | undefined {
  const ids = text.split(',').map((one) => /^d?(\d{1,5})$/.exec(one.trim())?.[1]);
  if (ids.includes(undefined)) {
    mistakes.push(`--domains ${printable(text)}: expected ids of domains such as 0,1,5`);
    return undefined;
  }
  return ids.map(Number);
}

function tell({ workload, whole }: Imported, isPeriodic: boolean): void {
  const { vcpus } = workload;
  tellTrace(workload);
  for (const line of recordedTable(vcpus)) say(line);
  if (whole !== undefined) {
    complain(
      `it has ${opsOf(whole, isPeriodic)} operations in ${timeText(whole.duration)}, an experiment file at most ${OPS_MAX}: ` +
        `this is its first ${timeText(workload.duration)}; --from and --for choose another part`,
    );
  }
  const numbers = new Map<string, number>();
  for (const { domain, life, vcpu } of vcpus) {
    const name = domainName({ domain, life });
    const number = numbers.get(name) ?? 0;
    numbers.set(name, number + 1);
    if (number !== vcpu) say(`vCPU ${vcpu} of domain ${domain} is number ${number} in ${name}`);
  }
  tellGuests(vcpus, isPeriodic);
}

/** Says which vCPUs are, or could be, more than scripts. */
function tellGuests(vcpus: readonly VcpuWorkload[], isPeriodic: boolean): void {
  const open = vcpus.filter((vcpu) => ['periodic', 'woken'].includes(guestModel(vcpu).kind));
  if (open.length === 0) return;
  const names = open.map((vcpu) => `${domainName(vcpu)}v${vcpu.vcpu}`).join(', ');
  say(
    isPeriodic
      ? `open loop: ${names}; closed loop: all others, which run and block as long as recorded`
      : `closed loop: all run and block as long as recorded; open loop with --periodic, timers with dates of their own and wake-ups by others: ${names}`,
  );
}

/** A frequency such as 2.4G in [Hz]. */
function readHz(text: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)([KMG]?)$/.exec(text) ?? [];
  if (number === undefined) return undefined;
  const hz = Math.round(
    Number(number) * { '': 1, K: 1e3, M: 1e6, G: 1e9 }[unit as '' | 'K' | 'M' | 'G'],
  );
  return hz >= 1e3 && hz <= 1e12 ? hz : undefined;
}
