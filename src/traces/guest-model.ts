import type { Duration, Time } from '../engine/time.ts';
import { quantileSorted } from '../stats/quantiles.ts';
import type { VcpuId, VcpuWorkload } from './workload.ts';

/**
 * What a vCPU seems to do. `hog`: computes, and never blocks. `woken`: waits for another vCPU. `periodic`: a timer with dates of its own, `period` and up to `jitter`
 * apart, first at `first`, and `run` of work at each [ns]. `script`: anything else.
 */
export type GuestModel =
  | { readonly kind: 'hog' | 'script' }
  | { readonly kind: 'woken'; readonly by: VcpuId }
  | {
      readonly kind: 'periodic';
      readonly period: Duration;
      readonly jitter: Duration;
      readonly run: Duration;
      readonly first: Time;
    };

/** So many gaps between wake-ups are needed to see a period, and such a share of them must be whole numbers of it. */
const GAPS_MIN = 10;
const EXPLAINED = 0.95;
/** Most jitter, as a share of the period. */
const JITTER_MAX = 0.5;
/** A wake-up is handled late by up to this [ns]. */
const LATENESS = 60_000;
/** Work is the same at each wake-up if it varies by less than this share, or this [ns]. */
const SAME_SHARE = 0.2;
const SAME_NS = 20_000;

/** Recognises what a vCPU does from when it woke and how long it ran. */
export function guestModel(vcpu: VcpuWorkload): GuestModel {
  if (vcpu.ops.every(({ kind }) => kind === 'spin' || kind === 'run')) return { kind: 'hog' };
  if (vcpu.wokenBy !== undefined) return { kind: 'woken', by: vcpu.wokenBy };
  // Whom it wakes would be left out.
  if ((vcpu.sends?.length ?? 0) > 0) return { kind: 'script' };
  return periodic(vcpu) ?? { kind: 'script' };
}

function periodic({ ops, record: { wakes } }: VcpuWorkload): GuestModel | undefined {
  if (ops.some(({ kind }) => kind === 'yield')) return undefined;
  const gaps = wakes.slice(1).map((wake, i) => wake - wakes[i]);
  if (gaps.length < GAPS_MIN) return undefined;
  const sorted = gaps.toSorted((a, b) => a - b);
  const period = Math.round(quantileSorted(sorted, 0.01));
  const single = sorted.filter((gap) => gap < period * (1 + JITTER_MAX));
  const jitter = Math.round(quantileSorted(single, 0.99)) - period;
  const isExplained = (gap: number) => {
    const periods = Math.max(1, Math.round(gap / (period + jitter / 2)));
    return gap > periods * period - LATENESS && gap < periods * (period + jitter) + LATENESS;
  };
  if (gaps.filter(isExplained).length < EXPLAINED * gaps.length) return undefined;
  // More is no jitter of a timer.
  if (single.length < gaps.length / 2) return undefined;
  const runs = ops.flatMap((op) => (op.kind === 'run' ? op.length : [])).sort((a, b) => a - b);
  const [low, run, high] = [0.05, 0.5, 0.95].map((p) => quantileSorted(runs, p));
  if (high - low > Math.max(SAME_NS, SAME_SHARE * run)) return undefined;
  return { kind: 'periodic', period, jitter, run: Math.round(run), first: wakes[0] };
}
