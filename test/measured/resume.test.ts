import { describe, expect, it } from 'vitest';
import { NEVER } from '../../src/engine/time.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { recorded } from './measured.ts';

/** Notes the times from do_softirq, called by a flush, to the next p2m_cache_flush_range [ns]. */
class ResumeProbe extends Probe {
  readonly times: number[] = [];
  machine: Machine | undefined;

  override attached(machine: Machine): void {
    this.machine = machine;
  }
  private stopped = NEVER;

  override workEnded(_pcpu: number, _owner: Vcpu, stop: number): void {
    if (this.machine === undefined) return;
    const { now, costs } = this.machine;
    this.stopped = stop === NEVER ? NEVER : now + costs.flushPreempt;
  }
  override workStarted(): void {
    if (this.machine === undefined || this.stopped === NEVER) return;
    const { now, costs } = this.machine;
    this.times.push(now - costs.flushRangeEntry - this.stopped);
  }
}

function resumes(setup: string, overrides: readonly string[] = []): number[] {
  const loaded = loadExperiment('experiments/measured/wakeup-latency.yaml', overrides);
  if (!loaded.ok) throw new Error('wakeup-latency.yaml');
  const found = loaded.experiment.cells.find(({ id }) => id === `stock/setup=${setup}`);
  if (found === undefined) throw new Error(setup);
  const probe = new ResumeProbe();
  const { machine } = buildMachine(found.setup, 1, 0, probe);
  machine.run(found.setup.duration);
  return probe.times;
}

/** The times that make up at least a tenth of all, commonest first. */
function common(times: readonly number[]): number[] {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(time, (counts.get(time) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > times.length / 20)
    .sort(([, a], [, b]) => b - a)
    .map(([time]) => time);
}

const measured = (variant: string, sched: string) =>
  recorded('resume_after_preempt.csv')
    .filter((row) => row.xen_variant === variant && row.sched === sched)
    .map((row) => Number(row.do_softirq_in_flush_to_flush_range_restart_ns));

describe('from do_softirq in a flush to its next chunk', () => {
  it('credit: as long as measured, when guest B wakes, arms its timer and sleeps', () => {
    expect(common(measured('stock', 'credit_rl0'))[0]).toBe(6883);
    expect(common(resumes('credit'))).toEqual([6883]);
  });

  it('credit2: as long as measured, also when the slice timer has expired and nobody else runs', () => {
    const [wakeUp, slice] = common(measured('stock', 'credit2_rl0'));
    expect([wakeUp, slice]).toEqual([8939, 1758]);
    expect(common(resumes('credit2'))).toEqual([wakeUp, slice]);
  });

  it('slow pages: a round of TIMER less when the timer that B armed is not the earliest', () => {
    const all = measured('slow8', 'credit_rl0');
    const [wakeUp, , shorter] = common(all);
    expect(wakeUp - shorter).toBe(291);
    const simulated = resumes('credit', ['machine.costs.page=2717ns']);
    expect(simulated).toContain(wakeUp);
    expect(simulated).toContain(shorter);
  });

  it('slow pages: after accounting and after a tick', () => {
    const [accounting, ...ticks] = [767, 1153, 1168, 1234];
    const short = common(measured('slow8', 'credit_rl0').filter((ns) => ns < 2000));
    expect(short.toSorted((a, b) => a - b)).toEqual([accounting, ...ticks]);
    // Which of three ticks it is changes what the callback does; here they are alike.
    const tick = (1153 + 1168 + 1234) / 3;
    const simulated = resumes('credit', ['machine.costs.page=2717ns']);
    expect(common(simulated.filter((ns) => ns < 2000))).toEqual([tick, accounting]);
  });
});
