import type { SchedulerScenario } from '../../src/conformance/scenario.ts';
import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import { micros } from './rules.ts';

const MILLISECOND = 1e6;

/** What an administrator sets of credit [ns]. */
export class CreditSettings {
  slice = 30 * MILLISECOND;
  limit: number;
  /** How long a vCPU that has stopped is left where it is. */
  hot: number;
  /** Between two attempts to steal. */
  readonly pause: number;

  constructor(params: SchedulerScenario['params']) {
    const given = (name: string, otherwise: number) => Number(params[name] ?? otherwise);
    const slice = given('tslice_ms', 30);
    if (slice >= 1 && slice <= 1000) this.slice = slice * MILLISECOND;
    this.limit = Math.min(micros(given('ratelimit_us', 1000)), this.slice);
    this.hot = micros(given('migration_delay_us', 0));
    this.pause = micros(given('load_balance_ratelimit_us', 1000));
  }

  get sliceMs(): number {
    return this.slice / MILLISECOND;
  }

  /** Time between ticks [ns]. */
  get period(): number {
    const { sliceMs } = this;
    return micros(Math.floor((sliceMs * 1000) / (sliceMs < 3 ? 1 : 3)));
  }

  /** @returns whether it is accepted */
  change(event: Extract<ScenarioEvent, { op: 'global' }>): boolean {
    const slice = (event.tslice_ms ?? this.sliceMs) * MILLISECOND;
    const limit = micros(event.ratelimit_us ?? this.limit / 1000);
    const known = limit === 0 || (limit >= micros(100) && limit <= micros(500_000));
    if (slice < MILLISECOND || slice > 1000 * MILLISECOND || !known || limit > slice) return false;
    this.slice = slice;
    this.limit = limit;
    this.hot = micros(event.migration_delay_us ?? this.hot / 1000);
    return true;
  }
}
