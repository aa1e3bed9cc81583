import { closeSync, openSync, readSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { printable } from '../input/problems.ts';
import { strangersAmong, writeOutput } from '../results/output-files.ts';
import { importXentrace } from '../traces/import-xentrace.ts';
import type { Workload } from '../traces/workload.ts';
import { workloadFile } from '../traces/workload-file.ts';
import { DONE, refuse } from './exit-codes.ts';
import { withLock } from './with-lock.ts';

/** Options of `preemptlab import`, as typed. */
export interface ImportOptions {
  readonly cpuHz: string;
  readonly out?: string;
}

const WORKLOAD = 'workload.yaml';
/** Largest trace that is read [bytes]. */
const TRACE_MAX = 2 ** 26;

/** `preemptlab import TRACE`. @returns the exit code */
export async function importCommand(file: string, options: ImportOptions): Promise<number> {
  const mistakes: string[] = [];
  const hz = readHz(options.cpuHz);
  if (hz === undefined) {
    const found = `--cpu-hz ${printable(options.cpuHz)}`;
    mistakes.push(`${found}: expected 1K to 1000G, such as 2.4G or 62500K`);
  }
  const name = printable(file);
  const bytes = readBytes(file);
  const out = options.out ?? join('results', `${basename(file, extname(file))}-workload`);
  let workload: Workload | undefined;
  let text = '';
  if (typeof bytes === 'string') mistakes.push(`${name}: ${bytes}`);
  else {
    const result = importXentrace(bytes, hz ?? 1e9);
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
    tell(found, hz ?? 0, join(out, WORKLOAD));
    return DONE;
  });
}

function tell({ vcpus, pcpus, duration, lostRecords }: Workload, hz: number, path: string): void {
  console.log(`${duration / 1e9} s at ${hz / 1e9} GHz, ${pcpus} pCPUs, ${vcpus.length} vCPUs`);
  const numbers = new Map<number, number>();
  for (const { domain, vcpu } of vcpus) {
    const number = numbers.get(domain) ?? 0;
    numbers.set(domain, number + 1);
    if (number !== vcpu)
      console.log(`vCPU ${vcpu} of domain ${domain} is number ${number} in d${domain}`);
  }
  if (lostRecords > 0) {
    console.error(
      `${lostRecords} records were lost while tracing: what happened meanwhile is guessed`,
    );
  }
  console.log(path);
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
  return Buffer.concat(pieces);
}
