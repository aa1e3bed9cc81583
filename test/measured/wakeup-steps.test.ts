import { describe, expect, it } from 'vitest';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { loadExperiment } from '../../src/experiment/plan/load.ts';
import { GUEST_TIMER } from '../../src/hypervisor/machine/event-kinds.ts';
import type { Machine } from '../../src/hypervisor/machine/machine.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { percentile, recorded } from './measured.ts';

/** The steps of a wake-up in the order in which they happen, each when it happens [ns]. */
interface Steps {
  expiry: number;
  raise: number;
  timerAction: number;
  timerExpired: number;
  wake: number;
  schedule: number;
  guest: number;
}

/** Notes the steps of every wake-up of guest B (vCPU 0) that nothing delays but a flush. */
class StepProbe extends Probe {
  readonly wakeups: Steps[] = [];
  machine: Machine | undefined;

  override attached(machine: Machine): void {
    this.machine = machine;
  }
  private raise = 0;
  private timerAction = 0;
  private steps: Partial<Steps> | undefined;

  private get now(): number {
    return this.machine?.now ?? 0;
  }
  override softirqRaised(_pcpu: number, nr: number): void {
    if (nr === this.machine?.softirqTimer) this.raise = this.now;
  }
  override softirqStarted(_pcpu: number, nr: number): void {
    if (nr === this.machine?.softirqTimer) this.timerAction = this.now;
    else if (this.steps !== undefined) this.steps.schedule ??= this.now;
  }
  override timerFired(_pcpu: number, kind: number, lateness: number): void {
    const { raise, timerAction, now } = this;
    // Another timer may have raised TIMER before.
    if (kind !== GUEST_TIMER || raise < now - lateness) return;
    this.steps = { expiry: now - lateness, raise, timerAction, timerExpired: now };
  }
  override woken(): void {
    if (this.steps !== undefined) this.steps.wake ??= this.now;
  }
  override guestEntered(vcpu: Vcpu): void {
    if (vcpu.id !== 0 || this.steps === undefined) return;
    this.wakeups.push({ ...(this.steps as Steps), guest: this.now });
    this.steps = undefined;
  }
}

function wakeups(cell: string): Steps[] {
  const loaded = loadExperiment('experiments/measured/wakeup-latency.yaml');
  if (!loaded.ok) throw new Error('wakeup-latency.yaml');
  const found = loaded.experiment.cells.find(({ id }) => id === cell);
  if (found === undefined) throw new Error(cell);
  const probe = new StepProbe();
  const { machine } = buildMachine(found.setup, 1, 0, probe);
  machine.run(found.setup.duration);
  return probe.wakeups;
}

describe.each([
  ['credit_rl0', 'credit'],
  ['credit2_rl0', 'credit2'],
])('steps of a wake-up: %s', (sched, setup) => {
  const all = wakeups(`stock/setup=${setup}`);
  const rows = recorded('hyp_segments.csv').filter(
    (row) => row.xen_variant === 'stock' && row.sched === sched,
  );
  const median = (...columns: string[]) =>
    percentile(
      rows.map((row) => columns.reduce((sum, column) => sum + Number(row[column]), 0)),
      0.5,
    );
  const simulated = (from: keyof Steps, to: keyof Steps) =>
    percentile(
      all.map((steps) => steps[to] - steps[from]),
      0.5,
    );

  it('happen in the measured order', () => {
    expect(all.length).toBeGreaterThan(1500);
    for (const { expiry, raise, timerAction, timerExpired, wake, schedule, guest } of all) {
      const order = [expiry, raise, timerAction, timerExpired, wake, schedule, guest];
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
  });

  it.each([
    [
      'timer action to timer callback',
      'timerAction',
      'timerExpired',
      ['timer_action_to_virt_timer_expired_ns'],
    ],
    [
      'timer callback to SCHEDULE',
      'timerExpired',
      'schedule',
      ['virt_timer_expired_to_vcpu_wake_ns', 'vcpu_wake_to_schedule_ns'],
    ],
    [
      'SCHEDULE to the guest',
      'schedule',
      'guest',
      ['schedule_to_context_switch_ns', 'context_switch_to_guest_B_ns'],
    ],
  ] as const)('%s: within 2 %% of the median', (_, from, to, columns) => {
    expect(Math.abs(simulated(from, to) / median(...columns) - 1)).toBeLessThan(0.02);
  });

  it.each([
    ['guest_irq', 'irq_to_raise_ns'],
    ['hyp_irq', 'irq_to_raise_ns'],
  ] as const)('interrupt to raise, %s: within 2 %% of the median', (kind, column) => {
    const measured = percentile(
      rows.filter((row) => row.irq_kind === kind).map((row) => Number(row[column])),
      0.5,
    );
    const times = all.map(({ expiry, raise }) => raise - expiry);
    const close = times.filter((ns) => Math.abs(ns / measured - 1) < 0.02).length;
    expect(close / times.length).toBeGreaterThan(0.3);
  });
});
