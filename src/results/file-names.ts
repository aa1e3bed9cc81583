import { kindNamed, type LatencyKind } from '../measure/latency-kinds.ts';

/** Names of the files of complete results that hold its replications, and describe it. */
export const FINISHED_RECORDS = 'records.jsonl.gz';
export const FINISHED_SAMPLES = 'samples.csv.gz';
export const MANIFEST = 'manifest.json';

const ALWAYS = [
  FINISHED_RECORDS,
  'latency.csv',
  'counters.csv',
  'domains.csv',
  'causes.csv',
  'worst.csv',
  'summary.csv',
  'comparison.csv',
  'datapackage.json',
  'answer.md',
  'report.html',
  MANIFEST,
];

const plotOf = (kind: LatencyKind) => `${kind}.svg`;

const LASTING: readonly string[] = [...ALWAYS, FINISHED_SAMPLES];

/** Whether a file of results can have that name. */
export function isFileName(name: string): boolean {
  return (
    LASTING.includes(name) || (name.endsWith('.svg') && kindNamed(name.slice(0, -4)) !== undefined)
  );
}

/** The names that files of results with these latencies can have. @param samples - whether every sample is written */
export function namesOf(latencies: readonly LatencyKind[], samples: boolean): string[] {
  return [...ALWAYS, ...(samples ? [FINISHED_SAMPLES] : []), ...latencies.map(plotOf)];
}
