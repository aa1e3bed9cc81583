import { MS, US } from '../../src/engine/time.ts';

/*
 * credit2 of master on one pCPU with vCPUs that compute for ever, worked out anew from Xen's rules: what weights, caps and
 * the rate limit do when they change. It shares no code with the scheduler.
 */

const IDLE = -1;
const NO_CAP = Number.POSITIVE_INFINITY;
const PERIOD = 10 * MS;
const LEAST = 500 * US;
const MOST = 10 * MS;

/** A domain: its vCPUs are numbered on from those before it. */
export interface ModelDomain {
  readonly weight: number;
  readonly cap: number;
  /** When each vCPU wakes [ns]. */
  readonly wakes: readonly number[];
}

/** What is done at a time [ns]. */
export type ModelEvent = { readonly at: number } & (
  | { readonly op: 'weight' | 'cap'; readonly dom: number; readonly value: number }
  | { readonly op: 'global'; readonly ratelimit_us: number }
  | { readonly op: 'blip'; readonly v: number }
);

/** A decision: when, who ran, who runs, for how long, and its credit. */
export type ModelDecision = readonly (number | null)[];

interface Unit {
  readonly id: number;
  readonly account: Account;
  readonly wake: number;
  weight: number;
  credit: number;
  rest: number;
  since: number;
  budget: number;
  quota: number;
  queued: boolean;
  parked: boolean;
  up: boolean;
  /** To be queued when it is off the pCPU. */
  late: boolean;
}

interface Account {
  readonly units: Unit[];
  total: number;
  pool: number;
  next: number;
  parked: Unit[];
}

/** All decisions of one pCPU until `end`. */
export function decisions(
  domains: readonly ModelDomain[],
  events: readonly ModelEvent[],
  ratelimitUs: number,
  end: number,
): ModelDecision[] {
  const made: ModelDecision[] = [];
  let now = 0;
  let limit = ratelimitUs * US;
  let queue: Unit[] = [];
  let current: Unit | undefined;
  let entered = 0;
  let sliceEnd = Number.POSITIVE_INFINITY;
  let pending = false;
  let tickled = false;
  const accounts: Account[] = [];
  const units: Unit[] = [];
  for (const { weight, wakes } of domains) {
    const account: Account = { units: [], total: 0, pool: 0, next: NO_CAP, parked: [] };
    accounts.push(account);
    for (const wake of wakes) {
      const unit: Unit = {
        id: units.length,
        account,
        wake,
        weight,
        credit: MOST,
        rest: 0,
        since: 0,
        budget: NO_CAP,
        quota: 0,
        queued: false,
        parked: false,
        up: false,
        late: false,
      };
      units.push(unit);
      account.units.push(unit);
    }
  }
  const heaviest = () => Math.max(1, ...units.map(({ weight }) => weight));
  const runs = (unit: Unit) => unit.up && !unit.parked;

  function burn(unit: Unit): void {
    const passed = now - unit.since;
    if (passed <= 0) return;
    const value = passed * heaviest() + unit.rest;
    unit.rest = value % unit.weight;
    unit.credit = Math.max(unit.credit - (value - unit.rest) / unit.weight, -MOST);
    if (unit.budget !== NO_CAP) unit.budget -= passed;
    unit.since = now;
  }

  function ask(): void {
    tickled = true;
    pending = true;
  }

  function callFor(unit: Unit): void {
    if (tickled) return;
    if (current === undefined) return ask();
    if (limit > 50 * US && now - entered <= limit - 50 * US) return;
    burn(current);
    if (unit.credit > current.credit) ask();
  }

  function enqueue(unit: Unit): void {
    const behind = queue.findIndex(({ credit }) => credit < unit.credit);
    queue.splice(behind < 0 ? queue.length : behind, 0, unit);
    unit.queued = true;
    callFor(unit);
  }

  function dequeue(unit: Unit): void {
    queue = queue.filter((other) => other !== unit);
    unit.queued = false;
  }

  function grab(unit: Unit): boolean {
    const { account } = unit;
    if (unit.budget > 0) return true;
    account.pool += unit.budget;
    if (account.pool > 0) {
      unit.budget = Math.min(unit.quota, account.pool);
      account.pool -= unit.budget;
      return true;
    }
    unit.budget = 0;
    unit.parked = true;
    if (unit.queued) dequeue(unit);
    account.parked.unshift(unit);
    return false;
  }

  function unpark(account: Account): void {
    const { parked } = account;
    account.parked = [];
    for (const unit of parked) {
      unit.parked = false;
      if (unit === current) unit.late = true;
      else if (unit.up) enqueue(unit);
    }
  }

  function candidate(): Unit | undefined {
    if (current !== undefined && limit > 0 && runs(current) && now - entered < limit)
      return current;
    const best = current !== undefined && runs(current) ? current : undefined;
    const credit = best?.credit ?? -MOST - 1;
    for (const unit of [...queue]) {
      if (unit.credit <= credit) break;
      if (grab(unit)) return unit;
    }
    return best;
  }

  function reset(pick: Unit): void {
    const more = pick.credit === -MOST ? 2 * MOST : MOST;
    for (const unit of units) {
      if (unit === current) {
        burn(unit);
        if (unit.budget <= 0) ask();
      }
      unit.credit = Math.min(unit.credit + more, MOST + LEAST);
      unit.since = now;
    }
  }

  function sliceOf(pick: Unit, preempted: number): number {
    let least = LEAST;
    if (limit > 0) least = Math.max(least, pick === current ? entered + limit - now : limit);
    const ahead = Math.max(queue.length > 0 ? Math.max(queue[0].credit, 0) : 0, preempted);
    const credit = ahead > 0 ? pick.credit - ahead : pick.credit;
    let time = credit > 0 ? Math.floor((credit * pick.weight) / heaviest()) : 0;
    if (pick.budget !== NO_CAP) time = Math.min(time, pick.budget);
    return time < least ? least : Math.min(time, MOST);
  }

  function schedule(): void {
    pending = false;
    tickled = false;
    sliceEnd = Number.POSITIVE_INFINITY;
    const before = current;
    if (before !== undefined) {
      burn(before);
      if (before.budget <= 0) grab(before);
    }
    const pick = candidate();
    const goesOn = before !== undefined && before !== pick && runs(before);
    let slice = -1;
    if (before !== undefined && goesOn) before.late = true;
    if (pick !== undefined) {
      if (pick !== before) dequeue(pick);
      const top = Math.max(pick.credit, queue[0]?.credit ?? pick.credit);
      if (top <= 0) reset(pick);
      pick.since = now;
      slice = sliceOf(pick, before?.late ? before.credit : 0);
      sliceEnd = now + slice;
    }
    made.push([now, before?.id ?? IDLE, pick?.id ?? IDLE, slice, pick?.credit ?? null]);
    if (pick === before) return;
    current = pick;
    entered = now;
    if (before === undefined) return;
    const { account } = before;
    let free = false;
    if (before.budget !== NO_CAP && before.budget > 0) {
      account.pool += before.budget;
      before.budget = 0;
      free = account.pool > 0;
    }
    if (before.late) {
      before.late = false;
      if (runs(before)) enqueue(before);
    }
    if (free) unpark(account);
  }

  function setCap(account: Account, cap: number): void {
    const { units: own } = account;
    if (cap > 100 * own.length) return;
    const was = account.total;
    account.total = Math.floor((PERIOD * cap) / 100);
    if (cap === 0) {
      if (was === 0) return;
      account.next = NO_CAP;
      for (const unit of own) unit.budget = NO_CAP;
      return unpark(account);
    }
    for (const unit of own) unit.quota = Math.max(Math.floor(account.total / own.length), LEAST);
    if (was > 0) return;
    account.pool = account.total;
    account.next = now + PERIOD;
    for (const unit of own) {
      if (unit === current) {
        burn(unit);
        pending = true;
        tickled = true;
      }
      unit.budget = 0;
    }
  }

  function carryOut(event: ModelEvent): void {
    if (event.op === 'global') limit = event.ratelimit_us * US;
    else if (event.op === 'blip') {
      const unit = units[event.v];
      if (unit === current) return ask();
      if (unit.queued) dequeue(unit);
      if (runs(unit)) enqueue(unit);
    } else if (event.op === 'cap') setCap(accounts[event.dom], event.value);
    else for (const unit of accounts[event.dom].units) unit.weight = event.value;
  }

  /** A period of its cap begins. */
  function replenish(account: Account): void {
    do {
      account.next += PERIOD;
      account.pool += account.total;
    } while (account.next <= now);
    if (account.pool <= 0) return;
    account.pool = Math.min(account.pool, account.total);
    unpark(account);
  }

  domains.forEach(({ cap }, index) => {
    setCap(accounts[index], cap);
  });
  let nextEvent = 0;
  for (;;) {
    const wake = units.filter(({ up }) => !up).sort((a, b) => a.wake - b.wake)[0];
    const due = [...accounts].sort((a, b) => a.next - b.next)[0];
    const at = events[nextEvent]?.at ?? Number.POSITIVE_INFINITY;
    now = Math.min(wake?.wake ?? Number.POSITIVE_INFINITY, due.next, sliceEnd, at);
    if (now >= end) return made;
    if (wake?.wake === now) {
      wake.up = true;
      enqueue(wake);
    } else if (due.next === now) replenish(due);
    else if (sliceEnd === now) {
      sliceEnd = Number.POSITIVE_INFINITY;
      pending = true;
    } else carryOut(events[nextEvent++]);
    while (pending) schedule();
  }
}
