import { closeSync, openSync, readSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { printable } from '../input/problems.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { importXentrace } from '../traces/import-xentrace.ts';
import type { Workload } from '../traces/workload.ts';
import { workloadFile } from '../traces/workload-file.ts';
import { DONE, refuse } from './exit-codes.ts';
import { recordedTable } from './recorded-table.ts';
import { complain, say } from './say.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab import`, as typed. */
export interface ImportOptions {
  readonly cpuHz?: string;
  readonly out?: string;
  readonly strict?: boolean;
}

/** A TSC speed that is told and one that the trace says may differ by this share. */
const HZ_TOLERANCE = 1e-3;
const WORKLOAD = 'workload.yaml';
/** Largest trace that is read [bytes]. */
const TRACE_MAX = 2 ** 26;
/** The first two bytes of what gzip has packed. */
const GZIP_MAGIC = 0x1f8b;

/** `preemptlab import TRACE`. @returns the exit code */
export async function importCommand(file: string, options: ImportOptions): Promise<number> {
  const mistakes: string[] = [];
  const { cpuHz } = options;
  const hz = cpuHz === undefined ? undefined : readHz(cpuHz);
  if (cpuHz !== undefined && hz === undefined) {
    mistakes.push(`--cpu-hz ${printable(cpuHz)}: expected 1K to 1000G, such as 2.4G or 62500K`);
  }
  const name = printable(file);
  const bytes = readBytes(file);
  const out = options.out ?? join('results', `${basename(file, extname(file))}-workload`);
  let workload: Workload | undefined;
  let text = '';
  if (typeof bytes === 'string') mistakes.push(`${name}: ${bytes}`);
  else {
    const result = importXentrace(
      bytes,
      cpuHz === undefined ? undefined : (hz ?? 1e9),
      options.strict,
    );
    if (!result.ok) {
      mistakes.push(
        ...result.problems.map((problem) => `${name}: byte ${problem.byte}: ${problem.message}`),
      );
    } else {
      workload = result.workload;
      const written = workloadFile(workload);
      if (written.ok) text = written.text;
      else mistakes.push(`${name}: ${written.message}`);
    }
  }
  if (mistakes.length > 0 || workload === undefined) return refuse(mistakes.join('\n'));
  const found = workload;
  return withLock(out, async () => {
    const strangers = strangersAmong(out, [WORKLOAD]);
    if (strangers.length > 0) return refuse(strangers.join('\n'));
    writeOutput(out, WORKLOAD, [text]);
    tell(found, join(out, WORKLOAD));
    return DONE;
  });
}

function tell(workload: Workload, path: string): void {
  const { vcpus, pcpus, duration, lostRecords, contradictions, schedulers, hz, tracedHz } =
    workload;
  const scheduler = schedulers.length > 0 ? `, ${schedulers.join(' and ')}` : '';
  say(`${duration / 1e9} s at ${hz / 1e9} GHz, ${pcpus} pCPUs, ${vcpus.length} vCPUs${scheduler}`);
  for (const line of recordedTable(vcpus)) say(line);
  if (tracedHz !== undefined && Math.abs(tracedHz / hz - 1) > HZ_TOLERANCE) {
    complain(
      `--cpu-hz ${hz / 1e9}G: the trace's own durations say ${tracedHz / 1e9}G; without --cpu-hz that is taken`,
    );
  }
  for (const line of schedulerWarnings(schedulers)) complain(line);
  const numbers = new Map<number, number>();
  for (const { domain, vcpu } of vcpus) {
    const number = numbers.get(domain) ?? 0;
    numbers.set(domain, number + 1);
    if (number !== vcpu) say(`vCPU ${vcpu} of domain ${domain} is number ${number} in d${domain}`);
  }
  if (lostRecords > 0) {
    complain(`${lostRecords} records were lost while tracing: what happened meanwhile is guessed`);
  }
  if (contradictions > 0) {
    complain(
      `${contradictions} records contradict those before them, as if some were missing; they are believed (--strict refuses)`,
    );
  }
  say(path);
}

function schedulerWarnings(schedulers: Workload['schedulers']): string[] {
  const [first, ...others] = schedulers;
  if (first === undefined) {
    return [
      'no record says which scheduler this was (event class 0x22000): the workload has the default',
    ];
  }
  if (first === 'arinc653') {
    return ['the plan of arinc653 is not in the trace: the workload has the default scheduler'];
  }
  return others.length === 0
    ? []
    : [`there are several schedulers, as in cpupools: all is given to ${first}`];
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

/** A file's bytes, or why they cannot be read; never more than allowed, so it works on pipes and devices. */
function readBytes(file: string): Uint8Array | string {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    const descriptor = openSync(file, 'r');
    try {
      for (let read = -1; read !== 0; length += read) {
        if (length > TRACE_MAX) {
          return `it is larger than ${TRACE_MAX / 2 ** 20} MiB: trace for a shorter time, and class 0x21000 only`;
        }
        const piece = Buffer.allocUnsafe(2 ** 20);
        read = readSync(descriptor, piece, 0, piece.length, null);
        pieces.push(piece.subarray(0, read));
      }
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return 'there is no such file';
    if (code === 'EISDIR') return 'it is a directory, not a file';
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return unpacked(Buffer.concat(pieces));
}

/** The bytes, unpacked if gzip has packed them, or why they cannot be. */
function unpacked(bytes: Buffer): Uint8Array | string {
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== GZIP_MAGIC) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: TRACE_MAX });
  } catch (error) {
    return `it is packed by gzip, and cannot be unpacked to at most ${TRACE_MAX / 2 ** 20} MiB: ${error instanceof Error ? error.message : String(error)}`;
  }
}
