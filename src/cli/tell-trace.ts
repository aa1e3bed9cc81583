import { timeText } from '../analysis/time-text.ts';
import { counted } from '../input/counted.ts';
import type { Workload } from '../traces/workload.ts';
import { complain, say } from './say.ts';

/** A TSC speed that is told and one that the trace says may differ by this share. */
const HZ_TOLERANCE = 1e-3;

/** Says what a trace is of, and what was wrong with it. */
export function tellTrace(workload: Workload): void {
  const { vcpus, pcpus, duration, lostRecords, contradictions, schedulers, hz, tracedHz } =
    workload;
  const scheduler = schedulers.length > 0 ? `, ${schedulers.join(' and ')}` : '';
  say(
    `${duration / 1e9} s at ${hz / 1e9} GHz, ${counted(pcpus, 'pCPU')}, ${counted(vcpus.length, 'vCPU')}${scheduler}${versionText(workload)}`,
  );
  if (tracedHz !== undefined && Math.abs(tracedHz / hz - 1) > HZ_TOLERANCE) {
    complain(
      `--cpu-hz ${hz / 1e9}G: the trace's own durations say ${tracedHz / 1e9}G; without --cpu-hz that is taken`,
    );
  }
  for (const line of schedulerWarnings(schedulers)) complain(line);
  for (const { pcpu, time } of workload.ahead) {
    const way = time > 0 ? 'ahead' : 'behind';
    complain(
      `the TSC of pCPU ${pcpu} is ${timeText(Math.abs(time))} ${way}: its records are taken to be so much ${time > 0 ? 'earlier' : 'later'}`,
    );
  }
  if (lostRecords > 0) {
    complain(
      `${counted(lostRecords, 'record')} lost while tracing: what happened meanwhile is guessed`,
    );
  }
  if (contradictions > 0) {
    complain(
      `${counted(contradictions, 'record')} at odds with those before them, as if some were missing, and are believed, or say nothing, and are left out (--strict refuses)`,
    );
  }
}

function versionText({ version, tracedHz }: Workload): string {
  if (version === '4.12') return ', Xen before 4.13';
  if (version === '4.17') return ', Xen 4.13 or later, as 4.17';
  if (version === 'master') return ', Xen as master';
  // Without switches nothing is known.
  return tracedHz === undefined ? '' : ', Xen 4.13 or later';
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
