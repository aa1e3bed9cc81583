import { replicate } from '../../experiment/replication.ts';
import type { Experiment } from '../../experiment/schema/schema.ts';
import { vcpuNames } from '../../experiment/vcpu-names.ts';
import { inOrder, type LatencyKind } from '../../measure/latency-kinds.ts';
import { ROW_VCPU } from '../../measure/sample-row.ts';
import { CsvBytes } from '../../results/csv-bytes.ts';
import { sampleColumns } from '../../results/tables.ts';

/**
 * samples.csv of an experiment without factors, as `preemptlab run` writes it (before it packs it), to the byte. All of its
 * replications are run again, as samples are not kept.
 */
export function samplesCsv(experiment: Experiment): string {
  const pieces = [`${sampleColumns(experiment).join(',')}\n`];
  for (const cell of experiment.cells) {
    const names = vcpuNames(cell.setup).map(({ domain, number }) => `${domain},${number}`);
    for (let replication = 0; replication < experiment.replications; replication++) {
      // Names are words, so nothing has to be quoted.
      const head = `${cell.id},${cell.policy},${replication}`;
      const lines = new Map<LatencyKind, CsvBytes>();
      replicate(cell.setup, experiment.seed, replication, (kind, rows, fields) => {
        const own = lines.get(kind) ?? new CsvBytes();
        lines.set(kind, own);
        const heads = [',', ...names].map((name) =>
          new TextEncoder().encode(`${head},${kind},${name}`),
        );
        for (let at = 0; at < rows.length; at += fields) {
          own.line(heads[Math.max(0, rows[at + ROW_VCPU] + 1)], rows, at + 1, at + fields);
        }
      });
      for (const kind of inOrder([...lines.keys()]))
        pieces.push(new TextDecoder().decode(lines.get(kind)?.bytes()));
    }
  }
  return pieces.join('');
}
