/*
 * null of master with vCPUs that compute for ever, worked out anew from Xen's rules: which vCPU has which pCPU while affinity
 * changes, vCPUs pause, go down and come up, domains go, pCPUs leave the pool and come back. No soft affinity.
 */

/** A vCPU: its domain, when it comes up first [ns], and the pCPUs it may use. */
export interface NullVcpu {
  readonly dom: number;
  readonly wake: number;
  readonly hard: readonly number[] | undefined;
}

/** What is done at a time [ns]. */
export type NullEvent = { readonly at: number } & (
  | { readonly op: 'hard'; readonly v: number; readonly cpus: readonly number[] }
  | { readonly op: 'pause' | 'unpause' | 'destroy'; readonly dom: number }
  | { readonly op: 'vpause' | 'vunpause' | 'down' | 'up' | 'blip'; readonly v: number }
  | { readonly op: 'cpuout' | 'cpuin'; readonly cpu: number }
);

/** What there is after an event: what it returned, the pCPU of each vCPU, and who waits for one. */
export interface NullState {
  readonly rc: number;
  readonly cpu: readonly number[];
  readonly u: readonly (number | null)[];
}

interface Unit {
  readonly id: number;
  readonly dom: number;
  readonly wake: number;
  hard: Set<number>;
  at: number;
  down: boolean;
  started: boolean;
  exists: boolean;
  moving: boolean;
  pauses: number;
  ran: number;
}

/** The states after all events until `end`, and how long each vCPU has run. */
export function placements(
  pcpus: number,
  vcpus: readonly NullVcpu[],
  events: readonly NullEvent[],
  end: number,
): { states: NullState[]; ran: number[] } {
  const all = Array.from({ length: pcpus }, (_, cpu) => cpu);
  const pool = new Set(all);
  const known = new Set(all);
  const free = new Set(all);
  const owner: (Unit | undefined)[] = [];
  const current: (Unit | undefined)[] = [];
  const asked = new Set<number>();
  let waiting: Unit[] = [];
  let leaving = -1;
  let now = 0;
  const domainPauses: number[] = [];
  const units: Unit[] = [];
  const pausesOf = (unit: Unit) => domainPauses[unit.dom] ?? 0;
  const may = (unit: Unit) =>
    unit.exists && !unit.down && !unit.moving && unit.pauses === 0 && pausesOf(unit) === 0;
  const allowed = (unit: Unit, cpu: number) => unit.hard.has(cpu) && pool.has(cpu);
  const runsOn = (unit: Unit) => current.indexOf(unit);

  function give(unit: Unit, cpu: number): void {
    waiting = waiting.filter((other) => other !== unit);
    owner[cpu] = unit;
    free.delete(cpu);
    unit.at = cpu;
  }

  /** @returns whether somebody got the pCPU */
  function takeAway(unit: Unit): boolean {
    owner[unit.at] = undefined;
    free.add(unit.at);
    const next = waiting.find((other) => allowed(other, unit.at));
    if (next === undefined) return false;
    const cpu = unit.at;
    give(next, cpu);
    asked.add(cpu);
    return true;
  }

  function pick(unit: Unit): number {
    const own = owner[unit.at];
    if (allowed(unit, unit.at) && (own === undefined || own === unit)) return unit.at;
    const open = all.filter((cpu) => allowed(unit, cpu));
    return open.find((cpu) => free.has(cpu)) ?? open[0];
  }

  function wake(unit: Unit): void {
    if (!may(unit) || runsOn(unit) >= 0 || waiting.includes(unit)) return;
    if (owner[unit.at] === unit) {
      asked.add(unit.at);
    } else if (owner[unit.at] === undefined && allowed(unit, unit.at)) {
      give(unit, unit.at);
      asked.add(unit.at);
    } else {
      waiting.push(unit);
      for (const cpu of all) if (free.has(cpu) && allowed(unit, cpu)) asked.add(cpu);
    }
  }

  function sleep(unit: Unit): void {
    if (may(unit)) return;
    let told = false;
    if (unit.down) {
      if (waiting.includes(unit)) waiting = waiting.filter((other) => other !== unit);
      else if (owner[unit.at] === unit) told = takeAway(unit);
    }
    if (!told && runsOn(unit) >= 0) asked.add(runsOn(unit));
  }

  function arrive(unit: Unit): void {
    const cpu = pick(unit);
    unit.moving = false;
    if (cpu !== unit.at) {
      if (owner[unit.at] === unit) takeAway(unit);
      if (unit.down) {
        waiting = waiting.filter((other) => other !== unit);
      } else if (owner[cpu] === undefined && allowed(unit, cpu)) {
        give(unit, cpu);
      } else if (!waiting.includes(unit)) {
        waiting.push(unit);
      }
      unit.at = cpu;
    }
    wake(unit);
  }

  function move(unit: Unit): void {
    unit.moving = true;
    sleep(unit);
    if (runsOn(unit) < 0) arrive(unit);
  }

  function schedule(cpu: number): void {
    asked.delete(cpu);
    if (!known.has(cpu)) return;
    if (owner[cpu] === undefined) {
      const next = waiting.find((unit) => allowed(unit, cpu));
      if (next !== undefined) give(next, cpu);
    }
    const own = owner[cpu];
    const before = current[cpu];
    current[cpu] = own !== undefined && may(own) ? own : undefined;
    if (before !== undefined && before !== current[cpu] && before.moving) arrive(before);
  }

  function drain(): void {
    while (asked.size > 0) schedule(Math.min(...asked));
  }

  function pauseNow(unit: Unit): void {
    sleep(unit);
    while (runsOn(unit) >= 0) schedule(runsOn(unit));
  }

  function remove(cpu: number): number {
    if (leaving !== cpu && (leaving >= 0 || !pool.has(cpu))) return -99;
    leaving = cpu;
    pool.delete(cpu);
    for (let attempt = 0; attempt <= 10; attempt++) {
      let empty = true;
      for (const unit of units.filter(({ exists }) => exists)) {
        if (unit.hard.has(cpu) && ![...unit.hard].some((one) => pool.has(one)))
          unit.hard = new Set(all);
        if (unit.at !== cpu) continue;
        move(unit);
        if (unit.at === cpu) empty = false;
      }
      if (empty) {
        leaving = -1;
        known.delete(cpu);
        free.delete(cpu);
        return 0;
      }
      if (attempt < 10) drain();
    }
    return -11;
  }

  function bring(cpu: number): number {
    if (pool.has(cpu) || leaving === cpu) return -99;
    known.add(cpu);
    free.add(cpu);
    pool.add(cpu);
    asked.add(cpu);
    return 0;
  }

  function down(unit: Unit): boolean {
    if (unit.down) return false;
    unit.down = true;
    sleep(unit);
    return true;
  }

  function carryOut(event: NullEvent): number {
    if ('cpu' in event) return event.op === 'cpuout' ? remove(event.cpu) : bring(event.cpu);
    if ('dom' in event) return ofDomain(event.op, event.dom);
    const unit = units[event.v];
    if (!unit.exists) return -3;
    switch (event.op) {
      case 'hard':
        if (!event.cpus.some((cpu) => pool.has(cpu))) return -22;
        unit.hard = new Set(event.cpus);
        move(unit);
        return 0;
      case 'vpause':
        unit.pauses++;
        pauseNow(unit);
        return 0;
      case 'vunpause':
        if (unit.pauses === 0) return -22;
        if (--unit.pauses === 0) wake(unit);
        return 0;
      case 'down':
        down(unit);
        return 0;
      case 'up':
        if (unit.down) {
          unit.down = false;
          wake(unit);
        }
        return 0;
      case 'blip':
        if (down(unit)) {
          unit.down = false;
          wake(unit);
        }
        return 0;
    }
  }

  function ofDomain(op: 'pause' | 'unpause' | 'destroy', dom: number): number {
    const own = units.filter((unit) => unit.dom === dom);
    if (!own[0].exists) return -3;
    const count = domainPauses[dom] ?? 0;
    if (op === 'unpause') {
      if (count === 0) return -22;
      domainPauses[dom] = count - 1;
      if (count === 1) for (const unit of own) wake(unit);
      return 0;
    }
    domainPauses[dom] = count + 1;
    for (const unit of own) pauseNow(unit);
    if (op === 'pause') return 0;
    for (const unit of own.reverse()) {
      if (waiting.includes(unit)) waiting = waiting.filter((other) => other !== unit);
      else if (owner[unit.at] === unit) takeAway(unit);
      unit.exists = false;
    }
    return 0;
  }

  vcpus.forEach(({ dom, wake: first, hard }, id) => {
    const before = units.at(-1);
    const at = before?.dom === dom ? (before.at + 1) % pcpus : 0;
    const fresh = { down: true, started: false, exists: true, moving: false, pauses: 0, ran: 0 };
    units.push({ id, dom, wake: first, hard: new Set(all), at, ...fresh });
    // The affinities of a domain are set when all of its vCPUs are there: nobody has a pCPU yet, so no order matters.
    if (hard !== undefined) units[id].hard = new Set(hard);
  });
  for (const unit of units) unit.at = pick(unit);
  const states: NullState[] = [];
  let next = 0;
  for (;;) {
    const first = units
      .filter(({ started, exists }) => !started && exists)
      .sort((a, b) => a.wake - b.wake)[0];
    const at = events[next]?.at ?? Number.POSITIVE_INFINITY;
    const then = Math.min(first?.wake ?? Number.POSITIVE_INFINITY, at, end);
    for (const unit of current) if (unit !== undefined) unit.ran += then - now;
    now = then;
    if (now >= end) return { states, ran: units.map(({ ran }) => ran) };
    if (first?.wake === now) {
      first.started = true;
      first.down = false;
      wake(first);
    } else {
      const rc = carryOut(events[next++]);
      states.push({
        rc,
        cpu: units.map(({ at: cpu, exists }) => (exists ? cpu : -1)),
        u: units.map((unit) => (unit.exists ? Number(waiting.includes(unit)) : null)),
      });
    }
    drain();
  }
}
