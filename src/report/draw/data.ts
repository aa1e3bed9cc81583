import type { LatencyKind } from '../../measure/latency-kinds.ts';
import type { Verdict } from '../../stats/equivalence.ts';

/** An estimate and the ends of its 95 % interval; null where there is none. */
export type Bounds = readonly [estimate: number, lo: number | null, hi: number | null];

/** What the charts of a page show, as plain data: in the page as JSON, for its script. Times are in ns. */
export interface PageData {
  readonly policies: readonly string[];
  /** Those with several levels, in the order in which they are shown. */
  readonly factors: readonly { readonly name: string; readonly levels: readonly string[] }[];
  readonly baseline: string;
  /** The level of each factor that is shown first. */
  readonly base: Levels;
  readonly cells: readonly CellData[];
  readonly kinds: readonly KindData[];
  /** Names of the jobs, whose units are causes too. */
  readonly jobs: readonly string[];
}

/** A level of each factor of the page, by their order; '': the factor does not concern the cell. */
export type Levels = readonly string[];

/** A cell: the number of its policy, and its levels. */
export interface CellData {
  readonly policy: number;
  readonly levels: Levels;
}

/** One kind of latency. */
export interface KindData {
  readonly name: LatencyKind;
  /** By cell; null without samples. */
  readonly cells: readonly (CellKindData | null)[];
  readonly differences: readonly DifferenceData[];
}

/** The samples of one kind in one cell. */
export interface CellKindData {
  /** What there is of mean, p50, p90, p99, p999 and max. */
  readonly statistics: Readonly<Record<string, Bounds>>;
  /** Their distribution function, as `packSteps` wrote it. */
  readonly curve: string;
  /** How many they are, and what they were made of together, by cause. */
  readonly count: number;
  readonly all: readonly number[];
  /** The same of the tails of the replications. */
  readonly tailCount: number;
  readonly tail: readonly number[];
}

/** A paired difference of two cells in a statistic. */
export interface DifferenceData {
  /** What stands beside it. */
  readonly row: string;
  /** The numbers of the two cells. */
  readonly cell: number;
  readonly baseline: number;
  /** The number of the factor along which they differ; -1: they differ in the policy, or are a pair. */
  readonly along: number;
  readonly difference: Bounds;
  readonly margin: number;
  readonly verdict: Verdict;
}

/** Whether a cell is at a setting in all factors that concern it, but `free`. */
export function isAtLevels({ levels }: CellData, setting: Levels, free = -1): boolean {
  return setting.every(
    (level, i) => i === free || level === '' || levels[i] === '' || levels[i] === level,
  );
}

/** A setting in words: `threshold=512, pcpus=1`; empty without factors. */
export function levelsText({ factors }: PageData, setting: Levels): string {
  return factors.map(({ name }, i) => `${name}=${setting[i]}`).join(', ');
}
