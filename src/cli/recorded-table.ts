import { timeText } from '../analysis/time-text.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import { type GuestModel, guestModel } from '../traces/guest-model.ts';
import type { VcpuWorkload } from '../traces/workload.ts';
import { domainName } from '../traces/workload-file.ts';
import { outputWidth, tableLines } from './table-lines.ts';

const HEAD = [
  ...['vCPU', 'ran', 'waited', 'runs', 'pCPUs', 'moves', 'wakes', 'wait p50', 'p99', 'max'],
  'seems to be',
];

/** What became of each vCPU in a trace, for people: `runs` are stints, `wait` is from each wake-up to running. */
export function recordedTable(vcpus: readonly VcpuWorkload[]): string[] {
  const rows = vcpus.map((one) => {
    const { vcpu, record } = one;
    const { run, waited, runs, pcpus, migrations, wakeWaits } = record;
    const quantiles = [0.5, 0.99, 1].map((p) => quantileSorted(wakeWaits, p));
    return [
      `${domainName(one)}v${vcpu}`,
      timeText(run),
      timeText(waited),
      String(runs),
      pcpus.length > 0 ? pcpus.join(',') : '-',
      String(migrations),
      String(wakeWaits.length),
      ...quantiles.map((wait) => (Number.isNaN(wait) ? '-' : timeText(wait))),
      modelText(guestModel(one)),
    ];
  });
  return tableLines([HEAD, ...rows], outputWidth());
}

/** What a vCPU seems to do, in a column. */
function modelText(model: GuestModel): string {
  if (model.kind === 'woken') return `woken by ${domainName(model.by)}v${model.by.vcpu}`;
  if (model.kind !== 'periodic') return model.kind === 'hog' ? 'a hog' : '';
  const { period, jitter, run } = model;
  const most = jitter > 0 ? `..${timeText(period + jitter)}` : '';
  return `a timer each ${timeText(period)}${most}, ${timeText(run)} of work`;
}
