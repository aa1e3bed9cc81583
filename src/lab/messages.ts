import type { Control } from './control.ts';
import type { LabSource, LabState, LabView } from './state.ts';

/* What page and worker say to each other. Plain data, so that it can be sent. */

/** What the page asks the worker. */
export type LabRequest =
  | { readonly ask: 'open'; readonly source: LabSource }
  /** Runs what is not known yet, and shows what is found meanwhile. A newer one takes its place. */
  | { readonly ask: 'show'; readonly id: number; readonly view: LabView }
  /** The worst sample of a policy: what happened around it. */
  | { readonly ask: 'worst'; readonly id: number; readonly view: LabView; readonly policy: string }
  | { readonly ask: 'samples' | 'file'; readonly id: number; readonly state: LabState };

/** What the worker answers. */
export type LabAnswer =
  /** A view is being run from now on. */
  | { readonly say: 'begun'; readonly id: number }
  | { readonly say: 'shown'; readonly id: number; readonly shown: Shown }
  | { readonly say: 'refused'; readonly id: number; readonly message: string }
  | { readonly say: 'worst'; readonly id: number; readonly worst: WorstCase }
  | { readonly say: 'text'; readonly id: number; readonly name: string; readonly text: string };

/** What is shown of a view after some of its replications. */
export interface Shown {
  readonly question: string;
  /** How far the run has come: replications of all policies. */
  readonly done: number;
  readonly all: number;
  /** Per policy. */
  readonly replications: number;
  readonly seed: number;
  readonly kinds: readonly string[];
  readonly kind: string;
  readonly policies: readonly string[];
  readonly baseline: string;
  readonly controls: readonly Control[];
  /** What is found, in a sentence. */
  readonly answer: string;
  /** The settings: the one, and what it is held against. */
  readonly sides: readonly LabSide[];
  /** Each policy's values less those of the setting that it is held against. */
  readonly differences: readonly VerdictLine[];
  readonly command: string;
  /** What went wrong in replications, if anything did. */
  readonly failures: readonly string[];
}

/** The results of one setting. */
export interface LabSide {
  readonly rows: readonly PolicyRow[];
  readonly verdicts: readonly VerdictLine[];
  /** What theory says, or why it says nothing. */
  readonly theory: readonly string[];
}

/** A kind of latency under one policy. */
export interface PolicyRow {
  readonly policy: string;
  /** Where its sign and colour come from: the policy's number in the file. */
  readonly index: number;
  readonly samples: number;
  readonly censored: number;
  /** Steps of the distribution: a latency [ns], and how many samples are up to it. */
  readonly values: readonly number[];
  readonly upTo: readonly number[];
  /** By statistic: text for people, estimate [ns] and its interval. */
  readonly statistics: readonly {
    readonly name: string;
    readonly text: string;
    readonly estimate: number;
    readonly lo: number;
    readonly hi: number;
  }[];
  /** What the time went to on average, the largest first. */
  readonly causes: readonly CausePart[];
  /** What theory says of it: parts of the samples that wait longer than a latency [ns]. */
  readonly theory?: { readonly values: readonly number[]; readonly beyond: readonly number[] };
  /** The longest [ns], if there is any. */
  readonly worst?: { readonly latency: number; readonly replication: number };
}

/** A comparison in words. */
export interface VerdictLine {
  readonly policy: string;
  readonly metric: string;
  readonly verdict: string;
  readonly text: string;
  /** Why it is undecided, and what would settle it; else empty. */
  readonly why: string;
}

/** What a part of a latency went to. */
export interface CausePart {
  readonly cause: string;
  /** In a sentence. */
  readonly words: string;
  readonly ns: number;
  readonly fill: string;
}

/** What happened around the worst sample. Times are from where it began [ns]. */
export interface WorstCase {
  readonly title: string;
  readonly latency: number;
  readonly from: number;
  readonly to: number;
  readonly causes: readonly CausePart[];
  readonly events: readonly { readonly at: number; readonly text: string }[];
  readonly lanes: readonly {
    readonly name: string;
    readonly stretches: readonly LaneStretch[];
    readonly marks: readonly { readonly at: number; readonly name: string }[];
  }[];
  readonly legend: readonly { readonly name: string; readonly fill: string }[];
  readonly command: string;
}

/** What a lane shows for some time. */
export interface LaneStretch {
  readonly from: number;
  readonly to: number;
  readonly name: string;
  readonly depth: number;
  readonly fill: string;
}
