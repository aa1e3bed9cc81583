import { z } from 'zod';
import { OUTCOMES } from '../hypervisor/toolstack/operation.ts';
import { CAUSES } from '../measure/causes.ts';
import { kindNamed, type LatencyKind } from '../measure/latency-kinds.ts';
import { COUNTS_PATTERN } from '../stats/bucket-counts.ts';
import { measurements, type StoredRecord, wholeJson } from './record.ts';

/*
 * Apart from record.ts, because every worker would have to load zod for it.
 */

// NaN is written as null.
const number = z.number().nullable();
// Two more for each job.
const byCause = z
  .array(z.number())
  .min(CAUSES.length)
  .refine(({ length }) => (length - CAUSES.length) % 2 === 0);
const causesSchema = z.object({
  all: byCause,
  tailCount: z.int().min(0),
  tail: byCause,
  worst: z.array(
    z.object({
      time: z.number(),
      pcpu: z.int(),
      vcpu: z.int(),
      latency: z.number(),
      censored: z.boolean(),
      causes: byCause,
    }),
  ),
});
const recordSchema = z.object({
  cell: z.string(),
  replication: z.int().min(0),
  result: z
    .object({
      latencies: z.array(
        z.object({
          kind: z.string().refine((text): text is LatencyKind => kindNamed(text) !== undefined),
          summary: z.object({ count: z.int().min(0) }).catchall(number),
          censored: z.int().min(0),
          histogram: z.string().regex(COUNTS_PATTERN),
          causes: causesSchema,
          vcpus: z.array(
            z.object({
              domain: z.string(),
              vcpu: z.int().min(0),
              summary: z.object({ count: z.int().min(1) }).catchall(z.number()),
              censored: z.int().min(0),
            }),
          ),
        }),
      ),
      counters: z.record(z.string(), number),
      domains: z.array(z.object({ name: z.string() }).catchall(z.number())),
      operations: z
        .array(
          z.object({
            what: z.string(),
            first: z.number(),
            last: z.number(),
            outcomes: z.partialRecord(z.enum(OUTCOMES), z.int().min(1)),
          }),
        )
        .optional(),
      lost: z
        .array(
          z.object({
            vcpu: z.string(),
            from: z.number(),
            to: z.number(),
            defect: z.string().optional(),
          }),
        )
        .optional(),
      stuck: z.array(z.string()),
      ranOn: z.number().min(0),
    })
    .optional(),
  failure: z.string().optional(),
  samples: z
    .object({ bytes: z.int().min(0), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
    .optional(),
});

/** Reads a line; undefined if it is not whole, or no record of the study with this key. */
export function decodeRecord(line: string, key: string): StoredRecord | undefined {
  const text = wholeJson(line, key);
  if (text === undefined) return undefined;
  const checked = recordSchema.safeParse(parseJson(text));
  if (!checked.success) return undefined;
  const { cell, replication, result, failure, samples } = checked.data;
  if (failure !== undefined) {
    return { cell, outcome: { ok: false, replication, message: failure } };
  }
  if (result === undefined) return undefined;
  return { cell, outcome: { ok: true, replication, result: measurements(result) }, samples };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
