import { OVER, type Purse, UNDER } from './credit-purse.ts';
import type { World } from './world.ts';

const MODULUS = 2 ** 32;

/** A number as 32 bits hold it. */
function narrow(value: number): number {
  return ((value % MODULUS) + MODULUS) % MODULUS;
}

/** a / b, rounded up, as 32 bits hold it. */
function ceil(a: number, b: number): number {
  return Math.floor(narrow(narrow(a) + b - 1) / b);
}

/** Who has computed lately, and what is due to them: given out once per timeslice. */
export class CreditAccounts {
  readonly weights: number[];
  readonly caps: number[];
  epoch = 0;
  /** When it is next [ns]. */
  at: number;
  private balance = 0;
  private readonly world: World;
  /** The vCPUs that are active, of each domain that has some: the newest first. */
  private active: { readonly dom: number; own: Purse[] }[] = [];

  constructor(world: World, slice: number) {
    this.world = world;
    this.at = slice;
    this.weights = world.scenario.domains.map(() => 256);
    this.caps = world.scenario.domains.map(() => 0);
  }

  start(purse: Purse): void {
    const { dom } = purse.vcpu;
    purse.active = true;
    const known = this.active.find((one) => one.dom === dom);
    if (known === undefined) this.active.unshift({ dom, own: [purse] });
    else known.own.unshift(purse);
  }

  stop(purse: Purse): void {
    purse.active = false;
    for (const one of this.active) one.own = one.own.filter((other) => other !== purse);
    this.active = this.active.filter(({ own }) => own.length > 0);
  }

  private get total(): number {
    const sum = this.active.reduce((all, { dom, own }) => all + this.weights[dom] * own.length, 0);
    return narrow(sum);
  }

  /** @param each - credits per timeslice and pCPU */
  run(each: number, pcpus: number, slice: number): void {
    const { world } = this;
    const weight = this.total;
    if (weight === 0) this.balance = 0;
    else {
      this.give(each, narrow(each * pcpus), weight);
      this.epoch++;
    }
    this.at = world.now + slice;
    const u = world.states().u;
    world.record('acct', { bal: this.balance, wt: this.total, u });
  }

  private give(each: number, all: number, weight: number): void {
    const debt = Math.max(0, -this.balance);
    let credits = narrow(all + debt);
    let left = weight;
    let extra = false;
    let balance = 0;
    for (const one of [...this.active]) {
      const { dom, own } = one;
      const [w, n] = [this.weights[dom], own.length];
      left = narrow(left - w * n);
      let peak = n * each;
      if (debt > 0) peak = narrow(peak + ceil(debt * w * n, weight));
      let most = 0;
      if (this.caps[dom] !== 0) {
        most = ceil(this.caps[dom] * each, 100);
        peak = Math.min(peak, most);
        most = ceil(most, n);
      }
      let fair = ceil(credits * w * n, weight);
      if (fair < peak) extra = true;
      else {
        if (left !== 0) credits = narrow(credits + ceil((fair - peak) * weight, left));
        if (extra) this.active = [one, ...this.active.filter((other) => other !== one)];
        fair = peak;
      }
      const share = ceil(fair, n);
      for (const purse of [...own]) balance += this.credit(purse, share, each, most);
    }
    this.balance = balance;
  }

  /** @param most - what it may owe under a cap; 0: none */
  private credit(purse: Purse, share: number, each: number, most: number): number {
    purse.credit += share;
    if (purse.credit < 0) {
      purse.pri = OVER;
      if (most > 0 && purse.credit < -most && !purse.parked) this.park(purse);
      purse.credit = Math.max(purse.credit, -each);
    } else {
      purse.pri = UNDER;
      if (purse.parked) this.unpark(purse);
      if (purse.credit > each) {
        this.stop(purse);
        purse.credit = Math.floor(purse.credit / 2);
      }
    }
    return purse.credit;
  }

  private park(purse: Purse): void {
    const { world } = this;
    world.record('park', { v: purse.vcpu.id });
    purse.parked = true;
    purse.vcpu.pauses++;
    world.sleep(purse.vcpu);
  }

  private unpark(purse: Purse): void {
    const { world } = this;
    world.record('unpark', { v: purse.vcpu.id });
    // Until 4.12 it does not count as parked any more when it wakes, and so is boosted.
    if (world.old) purse.parked = false;
    purse.vcpu.pauses--;
    if (purse.vcpu.pauses === 0) world.wake(purse.vcpu, 'unpark');
    purse.parked = false;
  }
}
