import { TICK } from '../../hypervisor/machine/event-kinds.ts';
import type { CreditState } from './state.ts';

/** The tickers of the pCPUs, as timers. */
export class CreditTicker {
  private readonly state: CreditState;

  constructor(state: CreditState) {
    this.state = state;
  }

  /** The next tick of `cpu` is a whole period from now. */
  rearm(cpu: number): void {
    const { machine, settings } = this.state;
    machine.setTimer(TICK, cpu, cpu, machine.clock + settings.tickPeriod);
  }

  stop(cpu: number): void {
    this.state.machine.stopTimer(TICK, cpu);
  }

  /** The ticker runs again, from the next multiple of its period. */
  start(cpu: number): void {
    const { machine, settings } = this.state;
    const { tickPeriod } = settings;
    machine.setTimer(TICK, cpu, cpu, machine.clock + tickPeriod - (machine.clock % tickPeriod));
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
