import { quoted } from '../batch/cluster.ts';
import type { Study } from '../results/study.ts';

/** The command that reruns the study, without options. */
export function commandOf(study: Study): string {
  return withOverrides('preemptlab run', study);
}

/** The command that opens the study in the lab, at its first setting. */
export function labCommandOf(study: Study): string {
  return withOverrides('preemptlab lab', study);
}

/** The command that makes the timeline of one replication. */
export function traceCommandOf(study: Study, cell: string, replication: number): string {
  return `${withOverrides('preemptlab trace', study)} --cell ${quoted(cell)} --replication ${replication}`;
}

function withOverrides(command: string, { experiment: { file, overrides } }: Study): string {
  const sets = overrides.map((set) => `--set ${quoted(set)}`);
  return [command, quoted(file), ...sets].join(' ');
}
