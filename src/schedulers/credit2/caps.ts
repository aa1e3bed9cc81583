import { US } from '../../engine/time.ts';
import { REPL } from '../../hypervisor/machine/event-kinds.ts';
import { PAUSED_PARKED } from '../../hypervisor/machine/vcpu.ts';
import type { Credit2Domain, Credit2Unit } from './runqueue.ts';
import type { Credit2State } from './state.ts';
import type { Credit2Tickle } from './tickle.ts';

/** The smallest quota, and the shortest slice [ns]. */
export const MIN_TIMER = 500 * US;

/**
 * C.12 Caps: a capped domain gets a budget of CPU time in each period. Its units take quotas out of it and
 * give back what they have left when they leave their pCPU; who finds nothing is parked until there is some.
 */
export class Credit2Caps {
  private readonly state: Credit2State;
  private readonly tickle: Credit2Tickle;

  constructor(state: Credit2State, tickle: Credit2Tickle) {
    this.state = state;
    this.tickle = tickle;
  }

  /**
   * Caps a domain at `cap` percent of a pCPU; 0: not at all (csched2_dom_cntl, putinfo).
   * @returns whether its units can use so much; if not, nothing changes
   */
  set(account: Credit2Domain, index: number, cap: number): boolean {
    const count = account.units.length;
    if (cap > 100 * count) return false;
    if (cap === 0) {
      if (account.totalBudget > 0) this.disable(account, index);
      return true;
    }
    const wasCapped = account.totalBudget > 0;
    account.totalBudget = Math.floor((this.state.params.capPeriod * cap) / 100);
    const quota = Math.max(Math.floor(account.totalBudget / count), MIN_TIMER);
    for (const unit of account.units) unit.budgetQuota = quota;
    // Budgets and the timer of a domain that was capped go on to the next replenishment.
    if (!wasCapped) this.enable(account, index);
    return true;
  }

  private enable(account: Credit2Domain, index: number): void {
    const { state } = this;
    const { machine, params } = state;
    account.budget = account.totalBudget;
    account.nextReplenishment = machine.clock + params.capPeriod;
    machine.setTimer(REPL, index, 0, account.nextReplenishment);
    for (const unit of account.units) {
      if (state.isCurrent(unit)) {
        state.burn(unit);
        state.tickle(unit.vcpu.processor);
      }
      unit.budget = 0;
    }
  }

  private disable(account: Credit2Domain, index: number): void {
    this.forget(account, index);
    for (const unit of account.units) {
      unit.budget = Number.POSITIVE_INFINITY;
      unit.budgetQuota = 0;
    }
    this.unpark(takeParked(account));
  }

  /** The domain gets no budget any more. */
  forget(account: Credit2Domain, index: number): void {
    account.totalBudget = 0;
    this.state.machine.stopTimer(REPL, index);
  }

  /**
   * Gives a unit without budget some of its domain's, or parks it (unit_grab_budget).
   * @returns whether it has some now
   */
  grab(unit: Credit2Unit): boolean {
    const { account } = unit;
    if (unit.budget > 0 || account === undefined) return true;
    account.budget += unit.budget;
    if (account.budget > 0) {
      unit.budget = Math.min(unit.budgetQuota, account.budget);
      account.budget -= unit.budget;
      return true;
    }
    unit.budget = 0;
    this.park(unit, account);
    return false;
  }

  /**
   * Gives back what a unit that left its pCPU has not used (unit_return_budget).
   * @returns the units that can be unparked with it
   */
  giveBack(unit: Credit2Unit): readonly Credit2Unit[] {
    const { account } = unit;
    if (account === undefined || account.totalBudget === 0 || unit.budget <= 0) return NOBODY;
    account.budget += unit.budget;
    unit.budget = 0;
    return account.budget > 0 ? takeParked(account) : NOBODY;
  }

  /** The domain's timer: a new period's budget, late and overrun periods made good. */
  replenish(account: Credit2Domain, index: number): void {
    const { machine, params } = this.state;
    do {
      account.nextReplenishment += params.capPeriod;
      account.budget += account.totalBudget;
    } while (account.nextReplenishment <= machine.clock);
    if (account.budget > 0) {
      account.budget = Math.min(account.budget, account.totalBudget);
      this.unpark(takeParked(account));
    }
    machine.setTimer(REPL, index, 0, account.nextReplenishment);
  }

  unpark(units: readonly Credit2Unit[]): void {
    const { machine, load } = this.state;
    for (const unit of units) {
      unit.parked = false;
      unit.vcpu.pauseFlags &= ~PAUSED_PARKED;
      machine.probe.parked(unit.vcpu, false);
      if (unit.scheduled) {
        unit.delayedAdd = true;
      } else if (unit.vcpu.isRunnable) {
        load.update(unit, machine.clock, 1);
        this.tickle.enqueue(unit);
      }
    }
  }

  private park(unit: Credit2Unit, account: Credit2Domain): void {
    const { machine, load } = this.state;
    unit.parked = true;
    unit.vcpu.pauseFlags |= PAUSED_PARKED;
    if (unit.queued) {
      unit.runqueue.remove(unit);
      load.update(unit, machine.clock, -1);
    }
    account.parked.unshift(unit);
    machine.probe.parked(unit.vcpu, true);
  }
}

const NOBODY: readonly Credit2Unit[] = [];

function takeParked(account: Credit2Domain): readonly Credit2Unit[] {
  if (account.parked.length === 0) return NOBODY;
  const { parked } = account;
  account.parked = [];
  return parked;
}
