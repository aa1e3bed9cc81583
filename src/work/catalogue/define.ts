import type { XenVersion } from '../../hypervisor/cpu/softirq.ts';
import type {
  CheckRule,
  CostRange,
  HitStyle,
  JobLock,
  LongWork,
  Tested,
  UnitKind,
} from '../job.ts';

/** A long operation of Xen: which row of the atlas of long operations it is, and what it is in each version. */
export interface CatalogueEntry {
  readonly name: string;
  /** Section of the atlas, what is done, and how large this request is. */
  readonly row: string;
  /** Versions that are absent have no such operation. */
  readonly versions: Readonly<Partial<Record<XenVersion, LongWork>>>;
}

/** The parts of a job that are said; the rest is as most jobs have it. */
type Said = Partial<LongWork> & Pick<LongWork, 'kinds' | 'units'>;

/** What of a version differs from the others; false: it has no such operation. */
type Versions = Readonly<Partial<Record<XenVersion, Partial<LongWork> | false>>>;

/** Estimates by instruction counts and misses, which nobody measured. */
export const ASSUMED = 'assumed: instruction counts and cache misses, not measured';

/** A hypercall that is tested nowhere, with assumed costs. */
const USUAL: Omit<LongWork, 'kinds' | 'units'> = {
  context: 'hypercall',
  check: undefined,
  hit: 'continuation',
  stopAfter: undefined,
  stopUnlessOver: Number.POSITIVE_INFINITY,
  progress: 'next',
  mayNotEnd: false,
  costs: {
    test: [20, 70, 200],
    enter: [200, 400, 1000],
    leave: [50, 100, 300],
    finish: [0, 0, 0],
  },
  locks: [],
  unitLock: undefined,
  masked: false,
  pauses: undefined,
  followedBy: undefined,
  origin: ASSUMED,
};

/** An entry of the catalogue. */
export function entry(
  name: string,
  row: string,
  said: Said,
  versions: Versions = {},
): CatalogueEntry {
  const of = (xen: XenVersion): Partial<Record<XenVersion, LongWork>> => {
    const own = versions[xen];
    return own === false ? {} : { [xen]: { ...USUAL, ...said, ...own } };
  };
  return { name, row, versions: { ...of('4.12'), ...of('4.17'), ...of('master') } };
}

/** Like units of one kind, called `unit`. */
export function units(count: number, cost: CostRange, more: Partial<UnitKind> = {}): Said {
  return { kinds: { unit: kind(cost, more) }, units: [{ kind: 'unit', count }] };
}

/** A kind of unit. */
export function kind(cost: CostRange, more: Partial<UnitKind> = {}): UnitKind {
  return { cost, prepare: [0, 0, 0], weight: 1, test: 'rule', stays: false, ...more };
}

/** So many times a cost. */
export function times(count: number, [fast, typical, slow]: CostRange): CostRange {
  return [count * fast, count * typical, count * slow];
}

/** Costs added. */
export function plus(...costs: readonly CostRange[]): CostRange {
  const sum = (of: 0 | 1 | 2) => costs.reduce((total, cost) => total + cost[of], 0);
  return [sum(0), sum(1), sum(2)];
}

/** Before every unit but the first of a call (P1). */
export function beforeEach(tests: Tested = 'events'): CheckRule {
  return {
    tests,
    position: 'before',
    last: false,
    count: { kind: 'threshold', least: 1, reset: true, start: 0 },
  };
}

/** After so many units; `last`: after the request's last one too. */
export function afterEvery(least: number, last = false, tests: Tested = 'events'): CheckRule {
  return {
    tests,
    position: 'after',
    last,
    count: { kind: 'threshold', least, reset: true, start: 0 },
  };
}

/** Before unit `least`, twice that, ... of a call (B). */
export function beforeNth(least: number, tests: Tested = 'events'): CheckRule {
  return {
    tests,
    position: 'before',
    last: false,
    count: { kind: 'threshold', least, reset: true, start: 1 },
  };
}

/** Where the number of a unit is a multiple. */
export function atMultiples(
  position: 'before' | 'after',
  of: number,
  from = 1,
  by: 1 | -1 = 1,
): CheckRule {
  return { tests: 'events', position, last: false, count: { kind: 'multiple', of, from, by } };
}

/** The check rule and what a hit does. */
export function checked(
  check: CheckRule,
  hit: HitStyle = 'continuation',
): Pick<LongWork, 'check' | 'hit'> {
  return { check, hit };
}

/** A spin lock, of all or of the caller's domain. */
export function spins(name: string, scope: JobLock['scope'] = 'global'): readonly JobLock[] {
  return [{ name, scope, take: 'spin', mode: 'write' }];
}

/** The lock of all domctls: one attempt, then the caller traps again. */
export const DOMCTL: readonly JobLock[] = [
  { name: 'domctl', scope: 'global', take: 'try', mode: 'write' },
];

/** Costs of steps that many operations share [ns]; assumed, but where their entries say otherwise. */
export const SCRUB: CostRange = [150, 500, 2000];
export const FREE: CostRange = [80, 200, 700];
export const WALK: CostRange = [50, 100, 400];
export const UNMAP: CostRange = [150, 300, 1000];
export const CLEAN: CostRange = [200, 1000, 4000];
export const MAP: CostRange = [300, 700, 2000];
/** Pages of 4 KiB in 1 GiB. */
export const GIB = 262_144;
