import { describe, expect, it } from 'vitest';
import { NEVER } from '../../src/engine/time.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import type { JobRun } from '../../src/hypervisor/jobs/job-run.ts';
import { GUEST_TIMER } from '../../src/hypervisor/machine/event-kinds.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { recorded } from './measured.ts';

/** Notes the times from do_softirq, called by a flush, to the next p2m_cache_flush_range [ns], and after which wake-ups. */
class ResumeProbe extends Probe {
  readonly times: number[] = [];
  readonly byWakeup = new Map<number, number>();
  machine: Machine | undefined;
  private wakeups = 0;

  override timerFired(_pcpu: number, kind: number): void {
    if (kind === GUEST_TIMER) this.wakeups++;
  }

  override attached(machine: Machine): void {
    this.machine = machine;
  }
  private stopped = NEVER;

  override jobLeft(_run: JobRun, _pcpu: number, stop: number): void {
    if (this.machine === undefined) return;
    const { now, costs } = this.machine;
    this.stopped = stop === NEVER ? NEVER : now + costs.flushPreempt;
  }
  override jobStarted(): void {
    if (this.machine === undefined || this.stopped === NEVER) return;
    const { now, costs } = this.machine;
    const time = now - costs.flushRangeEntry - this.stopped;
    this.times.push(time);
    this.byWakeup.set(this.wakeups - 1, time);
  }
}

function probed(setup: string, overrides: readonly string[] = []): ResumeProbe {
  const loaded = loadExperiment('experiments/measured/wakeup-latency.yaml', overrides);
  if (!loaded.ok) throw new Error('wakeup-latency.yaml');
  const found = loaded.experiment.cells.find(({ id }) => id === `stock/setup=${setup}`);
  if (found === undefined) throw new Error(setup);
  const probe = new ResumeProbe();
  const { machine } = buildMachine(found.setup, 1, 0, probe);
  machine.run(found.setup.duration);
  return probe;
}

const resumes = (setup: string, overrides: readonly string[] = []) =>
  probed(setup, overrides).times;

/** The setup with credit, guest B of which has been charged for `ahead` of 100 us at the start. */
const charged = (ahead: number) => [
  `factors.setup.levels.credit={machine.scheduler.name: credit, domains.b.vcpus.0.credit: ${ahead}, domains.b.vcpus.0.guest.first: 74028064ns}`,
];

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
    // The longer one where guest B is charged: some 3 us a wake-up, in units of 100 us, ahead.
    expect(common(measured('stock', 'credit_rl0'))).toEqual([6883, 6906]);
    expect(common(resumes('credit'))).toEqual([6883, 6906]);
  });

  it('credit: after which wake-ups guest B is charged', () => {
    const times = measured('stock', 'credit_rl0').filter((ns) => ns > 6000 && ns < 7000);
    const wakeups = recorded('hyp_segments.csv').filter(
      (row) =>
        row.xen_variant === 'stock' && row.sched === 'credit_rl0' && row.irq_kind === 'hyp_irq',
    );
    // The recording ends within the last one.
    expect(times.length).toBe(wakeups.length - 1);
    // B had been charged for so much more than it had run when that recording began.
    const { byWakeup } = probed('credit', charged(0.68));
    const same = times.filter((ns, i) => byWakeup.get(Number(wakeups[i].wakeup)) === ns);
    expect(same.length / times.length).toBeGreaterThan(0.95);
    // It is not by chance: a charge of half a turn more or less agrees no better than guessing does.
    const shifted = probed('credit', charged(0.18)).byWakeup;
    const guessed = times.filter((ns, i) => shifted.get(Number(wakeups[i].wakeup)) === ns);
    expect(guessed.length / times.length).toBeLessThan(0.65);
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
    const short = (times: readonly number[]) => times.filter((ns) => ns < 2000);
    const inXen = short(measured('slow8', 'credit_rl0'));
    const simulated = short(resumes('credit', ['machine.costs.page=2717ns']));
    for (const times of [inXen, simulated]) {
      expect(common(times).toSorted((a, b) => a - b)).toEqual([accounting, ...ticks]);
      // The first tick after an accounting sorts the runqueue; the third one's timer stays behind the accounting's.
      const after = times.flatMap((ns, i) => (times[i - 1] === accounting ? [ns] : []));
      const before = times.flatMap((ns, i) => (times[i + 1] === accounting ? [ns] : []));
      expect(common(after)[0]).toBe(1234);
      expect(common(before)[0]).toBe(1153);
    }
  });
});
