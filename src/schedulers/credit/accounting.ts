import type { CreditState } from './state.ts';
import { type CreditDomain, type CreditUnit, PRI_OVER, PRI_UNDER } from './unit.ts';

/**
 * Who takes part in the distribution of credit, and the distribution (csched_acct). Xen computes in 32 bits,
 * wrapping; so does this.
 */
export class CreditAccounting {
  /** Sum over active units of their domain's weight. */
  totalWeight = 0;
  /** Sum of the active units' credit after the last accounting. */
  creditBalance = 0;
  /** Accountings that handed out credit. */
  epoch = 0;
  private readonly state: CreditState;
  /** Domains with active units, in accounting order. */
  private readonly activeDomains: CreditDomain[] = [];

  constructor(state: CreditState) {
    this.state = state;
  }

  /** The domain's weight and cap count from now on. */
  adjust(account: CreditDomain, weight: number, cap: number): void {
    this.totalWeight += (weight - account.weight) * account.activeUnits.length;
    account.weight = weight;
    account.cap = cap;
  }

  /** __csched_unit_acct_start: the unit takes part from now on, at the head of all lists. */
  add(unit: CreditUnit, account: CreditDomain): void {
    unit.active = true;
    if (account.activeUnits.length === 0) this.activeDomains.unshift(account);
    account.activeUnits.unshift(unit);
    this.totalWeight += account.weight;
  }

  /** Units that take part. */
  activeCount(): number {
    return this.activeDomains.reduce((sum, { activeUnits }) => sum + activeUnits.length, 0);
  }

  // csched_acct
  run(): void {
    const weight = this.totalWeight;
    const debt = Math.max(0, -this.creditBalance);
    if (weight === 0) {
      this.creditBalance = 0;
      return;
    }
    const total = (this.state.settings.poolCredit + debt) >>> 0;
    this.creditBalance = this.distribute(total, weight, debt);
    this.epoch++;
  }

  /** Hands `total` credits to the active domains. @returns the sum of all active units' credit */
  private distribute(total: number, weightTotal: number, debt: number): number {
    const { creditsPerTimeslice } = this.state.settings;
    let credits = total;
    let weightLeft = weightTotal;
    let wantsMore = false;
    let balance = 0;
    for (const domain of [...this.activeDomains]) {
      const count = domain.activeUnits.length;
      const weight = multiply32(domain.weight, count);
      weightLeft = (weightLeft - weight) >>> 0;
      let peak = count * creditsPerTimeslice;
      peak += ceilDivide(multiply32(multiply32(debt, domain.weight), count), weightTotal);
      let unitCap = Number.POSITIVE_INFINITY;
      if (domain.cap !== 0) {
        const cap = ceilDivide(multiply32(domain.cap, creditsPerTimeslice), 100);
        peak = Math.min(peak, cap);
        unitCap = ceilDivide(cap, count);
      }
      let fair = ceilDivide(multiply32(multiply32(credits, domain.weight), count), weightTotal);
      if (fair < peak) {
        wantsMore = true;
      } else {
        if (weightLeft !== 0) {
          const surplus = multiply32((fair - peak) >>> 0, weightTotal);
          credits = (credits + ceilDivide(surplus, weightLeft)) >>> 0;
        }
        if (wantsMore) this.moveToFront(domain);
        fair = peak;
      }
      const share = ceilDivide(fair, count);
      for (const unit of [...domain.activeUnits]) {
        balance += this.credit(unit, domain, share, unitCap);
      }
    }
    return balance;
  }

  private moveToFront(domain: CreditDomain): void {
    this.activeDomains.splice(this.activeDomains.indexOf(domain), 1);
    this.activeDomains.unshift(domain);
  }

  /** Credits one unit and sets its priority; parks and unparks. @returns its credit afterwards */
  private credit(unit: CreditUnit, domain: CreditDomain, share: number, unitCap: number): number {
    const { machine, settings } = this.state;
    const most = settings.creditsPerTimeslice;
    const { vcpu } = unit;
    // The unit's credit is an int in Xen, the share a u32.
    unit.credit = (unit.credit + share) | 0;
    if (unit.credit < 0) {
      unit.pri = PRI_OVER;
      if (unit.credit < -unitCap && !unit.parked) {
        unit.parked = true;
        machine.pauseNosync(vcpu);
        machine.probe.parked(vcpu, true);
      }
      unit.credit = Math.max(-most, unit.credit);
    } else {
      unit.pri = PRI_UNDER;
      if (unit.parked) this.unpark(unit);
      if (unit.credit > most) {
        this.remove(unit, domain);
        unit.credit = Math.floor(unit.credit / 2);
      }
    }
    return unit.credit;
  }

  /** The unit is destroyed: it takes no part, and is not parked, any more (csched_unit_remove). */
  forget(unit: CreditUnit, account: CreditDomain): void {
    if (unit.parked) this.unparkRemoved(unit);
    if (unit.active) this.remove(unit, account);
  }

  /** Nobody wakes, as the domain is paused. */
  private unparkRemoved(unit: CreditUnit): void {
    const { machine, rules } = this.state;
    const { vcpu } = unit;
    unit.parked = false;
    machine.probe.parked(vcpu, false);
    machine.unpause(vcpu);
    if (!rules.removalUnparksHigher) return;
    const vcpus = vcpu.domain?.vcpus ?? [];
    for (const higher of vcpus.slice(vcpus.indexOf(vcpu) + 1)) {
      machine.probe.parked(higher, false);
    }
  }

  private unpark(unit: CreditUnit): void {
    const { machine, rules } = this.state;
    if (rules.unparkBoosts) unit.parked = false;
    machine.probe.parked(unit.vcpu, false);
    machine.unpause(unit.vcpu);
    unit.parked = false;
  }

  /** __csched_unit_acct_stop: the unit takes no part until a tick catches it running. */
  private remove(unit: CreditUnit, domain: CreditDomain): void {
    unit.active = false;
    domain.activeUnits.splice(domain.activeUnits.indexOf(unit), 1);
    this.totalWeight -= domain.weight;
    if (domain.activeUnits.length === 0) {
      this.activeDomains.splice(this.activeDomains.indexOf(domain), 1);
    }
  }
}

/** a * b modulo 2^32, unsigned. */
function multiply32(a: number, b: number): number {
  return Math.imul(a, b) >>> 0;
}

/** The smallest whole number not below a / b, computed as Xen does: (a + b - 1) / b in 32 bits. */
function ceilDivide(a: number, b: number): number {
  return Math.floor(((a + b - 1) >>> 0) / b);
}
