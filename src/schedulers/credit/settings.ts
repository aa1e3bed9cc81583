import { type Duration, MS, US } from '../../engine/time.ts';
import type { ParameterChange } from '../../hypervisor/ports.ts';
import { isValidRatelimit } from '../ratelimit.ts';
import type { CreditParams } from './params.ts';
import { CREDITS_PER_MS } from './unit.ts';

const TIMESLICE_MIN = MS;
const TIMESLICE_MAX = 1000 * MS;
const MIGRATION_DELAY_MAX = 100_000 * US;

/** The parameters that the toolstack can change, and what follows from them. */
export class CreditSettings {
  timeslice: Duration;
  ratelimit: Duration;
  migrationDelay: Duration;
  tickPeriod: Duration;
  creditsPerTimeslice: number;
  /** What an accounting hands out: the credits of a timeslice for each pCPU. */
  poolCredit = 0;
  private pcpuCount = 0;

  constructor(params: CreditParams) {
    this.timeslice = params.timeslice;
    this.ratelimit = Math.min(params.ratelimit, params.timeslice);
    this.migrationDelay = params.migrationDelay;
    this.tickPeriod = tickPeriod(params.timeslice);
    this.creditsPerTimeslice = (CREDITS_PER_MS * params.timeslice) / MS;
  }

  addPcpu(): void {
    this.pcpuCount++;
    this.poolCredit += this.creditsPerTimeslice;
  }

  removePcpu(): void {
    this.pcpuCount--;
    this.poolCredit -= this.creditsPerTimeslice;
  }

  /**
   * csched_sys_cntl: always sets all of them, and derives the rest anew. Timers that run go on to their expiry.
   * @returns whether they are valid; if not, nothing changes
   */
  change(change: ParameterChange): boolean {
    const timeslice = change.timeslice ?? this.timeslice;
    const ratelimit = change.ratelimit ?? this.ratelimit;
    const migrationDelay = change.migrationDelay ?? this.migrationDelay;
    if (timeslice < TIMESLICE_MIN || timeslice > TIMESLICE_MAX) return false;
    if (!isValidRatelimit(ratelimit) || ratelimit > timeslice) return false;
    if (migrationDelay > MIGRATION_DELAY_MAX) return false;
    this.timeslice = timeslice;
    this.ratelimit = ratelimit;
    this.migrationDelay = migrationDelay;
    this.tickPeriod = tickPeriod(timeslice);
    this.creditsPerTimeslice = (CREDITS_PER_MS * timeslice) / MS;
    this.poolCredit = this.creditsPerTimeslice * this.pcpuCount;
    return true;
  }
}

function tickPeriod(timeslice: Duration): Duration {
  const ticks = timeslice < 3 * MS ? 1 : 3;
  return Math.floor(timeslice / US / ticks) * US;
}
