import type { Time } from '../../engine/time.ts';
import { TICK } from '../../hypervisor/machine/event-kinds.ts';
import { firstTimeOf } from '../../hypervisor/machine/first-times.ts';
import type { CreditState } from './state.ts';

/** The tickers of the pCPUs, as timers. */
export class CreditTicker {
  private readonly state: CreditState;

  private readonly firstTick: readonly Time[];

  /** @param firstTick - when the tick of each pCPU comes first, the last one for all that follow; none: a tick after boot */
  constructor(state: CreditState, firstTick: readonly Time[] = []) {
    this.state = state;
    this.firstTick = firstTick;
  }

  /** The first tick of `cpu` after boot. */
  boot(cpu: number): void {
    if (this.firstTick.length === 0) return this.rearm(cpu);
    this.state.machine.setTimer(TICK, cpu, cpu, firstTimeOf(this.firstTick, cpu));
  }

  /** The next tick of `cpu` is a whole period from now. */
  rearm(cpu: number): void {
    const { machine, settings } = this.state;
    machine.setTimer(TICK, cpu, cpu, machine.clock + settings.tickPeriod);
  }

  stop(cpu: number): void {
    this.state.machine.stopTimer(TICK, cpu);
  }

  /** The ticker runs again, from the next multiple of its period, counted from its phase. */
  start(cpu: number): void {
    const { machine, settings } = this.state;
    const { tickPeriod } = settings;
    const passed =
      (machine.clock + tickPeriod - (firstTimeOf(this.firstTick, cpu) % tickPeriod)) % tickPeriod;
    machine.setTimer(TICK, cpu, cpu, machine.clock + tickPeriod - passed);
  }

  /** 4.12: the pCPU's idle loop begins to wait. */
  suspend(cpu: number): void {
    this.state.pcpus[cpu].tickerSuspended = true;
    this.stop(cpu);
  }

  /** 4.12: it has waited; no effect if it has not. */
  resume(cpu: number): void {
    const pcpu = this.state.pcpus[cpu];
    if (!pcpu.tickerSuspended) return;
    pcpu.tickerSuspended = false;
    this.start(cpu);
  }
}
