import { timeText } from '../analysis/time-text.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import type { VcpuWorkload } from '../traces/workload.ts';
import { alignColumns } from './summary-lines.ts';

const HEAD = ['vCPU', 'ran', 'waited', 'runs', 'pCPUs', 'moves', 'wakes', 'wait p50', 'p99', 'max'];

/** What became of each vCPU in a trace, for people: `runs` are stints, `wait` is from each wake-up to running. */
export function recordedTable(vcpus: readonly VcpuWorkload[]): string[] {
  const rows = vcpus.map(({ domain, vcpu, record }) => {
    const { run, waited, runs, pcpus, migrations, wakeWaits } = record;
    const quantiles = [0.5, 0.99, 1].map((p) => quantileSorted(wakeWaits, p));
    return [
      `d${domain}v${vcpu}`,
      timeText(run),
      timeText(waited),
      String(runs),
      pcpus.length > 0 ? pcpus.join(',') : '-',
      String(migrations),
      String(wakeWaits.length),
      ...quantiles.map((wait) => (Number.isNaN(wait) ? '-' : timeText(wait))),
    ];
  });
  return alignColumns([HEAD, ...rows]);
}
