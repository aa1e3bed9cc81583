import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { importXentrace } from '../../src/traces/import-xentrace.ts';
import { recordTimeline } from '../../src/traces/timeline.ts';
import type { VcpuWorkload, Workload } from '../../src/traces/workload.ts';
import { type WorkloadStyle, workloadFile } from '../../src/traces/workload-file.ts';
import { writeXentrace } from '../../src/traces/xentrace.ts';
import { joined, setupOf } from './timelines.ts';

const FOLDER = 'test/traces/recordings';

export const RECORDINGS = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.xen.gz'))
  .map((file) => file.replace('.xen.gz', ''))
  .sort();

export function unpacked(file: string): Buffer {
  const bytes = readFileSync(`${FOLDER}/${file}`);
  return file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

/** The lines of a CSV file of the recordings, split. */
export function table(file: string): string[][] {
  const [, ...lines] = unpacked(file).toString().trim().split('\n');
  return lines.map((line) => line.split(','));
}

/** What is imported from bytes that are right. */
export function workloadOf(bytes: Uint8Array, hz?: number): Workload {
  const result = importXentrace(bytes, { hz });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.workload;
}

/**
 * What comes of a workload in the simulator, imported from its timeline as Xen's traces are.
 * @param overrides - `path=value` each, for another machine
 */
export function replayed(
  workload: Workload,
  style: WorkloadStyle = {},
  overrides: readonly string[] = [],
): Workload {
  const written = workloadFile(workload, style);
  if (!written.ok) throw new Error(written.message);
  const setup = setupOf(written.text, overrides);
  const { hz, pieces } = writeXentrace(recordTimeline(setup, 1, 0));
  return workloadOf(joined(pieces), hz);
}

/** The bytes of a trace in which the TSC of a pCPU is ahead by some ticks. */
export function shifted(bytes: Buffer, pcpu: number, ticks: number): Buffer {
  const changed = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; ) {
    const [ofPcpu, size] = [bytes.readUInt32LE(at + 4), bytes.readUInt32LE(at + 8)];
    const end = at + 12 + size;
    for (at += 12; at < end; ) {
      const head = bytes.readUInt32LE(at);
      const hasTsc = head >= 2 ** 31;
      if (hasTsc && ofPcpu === pcpu) {
        changed.writeBigUInt64LE(bytes.readBigUInt64LE(at + 4) + BigInt(ticks), at + 4);
      }
      at += (hasTsc ? 12 : 4) + 4 * ((head >>> 28) & 7);
    }
  }
  return changed;
}

export const sum = (vcpus: readonly VcpuWorkload[], of: (vcpu: VcpuWorkload) => number): number =>
  vcpus.reduce((total, vcpu) => total + of(vcpu), 0);
