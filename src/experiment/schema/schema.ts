import { z } from 'zod';
import type { Duration } from '../../engine/time.ts';
import {
  anyList,
  choice,
  duration,
  flag,
  list,
  mapping,
  NAME,
  named,
  percent,
  positiveDuration,
  prose,
  whole,
  word,
} from '../../input/fields.ts';
import { kindNamed, LATENCY_KINDS, type LatencyKind } from '../../measure/latency-kinds.ts';
import { METRICS, type Metric } from '../../measure/metrics.ts';
import { COST_LEVELS, type CostLevel, type LongWork } from '../../work/job.ts';
import { designSchema } from './design-schema.ts';
import { type DomainSpec, domainsSchema } from './domain-schema.ts';
import { type EventsSpec, eventsSchema, toolstackTimeSchema } from './event-schema.ts';
import type { Condition, Expression } from './expression.ts';
import { jobsSchema } from './job-schema.ts';
import { type MachineSpec, machineSchema } from './machine-schema.ts';
import { DEFAULT_POLICIES, type PolicySetup, policiesSchema } from './policy-schema.ts';
import { QUANTITY_FORMS, type Quantity } from './quantity.ts';
import type { Sampling } from './sampling-schema.ts';
import { samplingSchema } from './sampling-schema.ts';
import { type Until, untilSchema } from './until.ts';

/** A kind of latency, or that of one domain. */
function kindField() {
  const error = () =>
    `one of: ${LATENCY_KINDS.join(', ')}; or, of one domain's vCPUs, such as virq@DOMAIN`;
  return z.union(
    [
      z.enum(LATENCY_KINDS),
      z.string().refine((text): text is LatencyKind => kindNamed(text) !== undefined, { error }),
    ],
    { error },
  );
}

const measureSchema = mapping({
  latencies: list(kindField(), 'kinds of latency')
    .transform(unique)
    .prefault([...LATENCY_KINDS]),
  samples: flag().prefault(false),
  warm_up: duration().prefault(0),
}).transform(({ warm_up: warmUp, ...measure }) => ({ ...measure, warmUp }));

/** What is measured: kinds of latency, whether every sample is written, and from when on [ns]. */
export type Measure = z.output<typeof measureSchema>;

/** A factor's name is a column of the results. */
const FACTOR_NAME = word(
  /^[a-z][a-z0-9_]{0,39}$/,
  'a column name: a letter, then lower-case letters, digits or _',
);

const compareSchema = mapping({
  baseline: NAME.optional(),
  along: named(z.union([z.string(), z.number(), z.boolean()]), 'levels', FACTOR_NAME).optional(),
  pairs: anyList(
    z.tuple([prose('a cell'), prose('a cell')], { error: () => 'two cells: [CELL, CELL]' }),
    'pairs of cells',
  ).optional(),
  metrics: list(choice(METRICS), 'statistics').transform(unique).prefault(['mean', 'p99', 'max']),
  margin: mapping({
    absolute: duration().prefault('1us'),
    relative: percent().prefault('1%'),
  }).prefault({}),
});

const verdictQuestionSchema = mapping({
  ask: prose('a question'),
  policy: NAME.optional(),
  along: FACTOR_NAME.optional(),
  cells: prose('part of the ids of the cells that are compared').optional(),
  kinds: list(kindField(), 'kinds of latency').transform(unique),
  equivalent: prose('the answer if the policy is equivalent to the baseline'),
  worse: prose('the answer if the policy is worse than the baseline'),
  better: prose('the answer if the policy is better than the baseline'),
  mixed: prose('the answer if it is better in some settings and worse in others'),
});

const answerSchema = mapping({
  when: list(prose('a comparison of two values'), 'comparisons').optional(),
  say: prose('an answer, with values between braces'),
});

const valueQuestionSchema = mapping({
  ask: prose('a question'),
  answers: list(answerSchema, 'answers'),
  table: list(prose(QUANTITY_FORMS), 'quantities').optional(),
  cells: prose("part of the ids of the table's cells").optional(),
});

const questionSchema = z.union([verdictQuestionSchema, valueQuestionSchema], {
  error: () =>
    'a mapping with the keys ask, policy, along, cells, kinds, equivalent, worse, better, mixed (answered by verdicts) ' +
    'or ask, answers, table, cells (answered by values)',
});

/** A question as its file has it. */
export type QuestionFile = z.output<typeof questionSchema>;

/** A question of either sort. */
export type Question = VerdictQuestion | ValueQuestion;

/** A question that values of cells answer: the first answer whose conditions all hold is given. */
export interface ValueQuestion {
  readonly ask: string;
  readonly answers: readonly (Answer & { readonly when: readonly Condition[] })[];
  /** Columns of a table that is shown with the answer: a row per cell whose id contains `cells`. */
  readonly table: readonly { readonly name: string; readonly quantity: Quantity }[];
  readonly cells: string;
}

/** An answer as its file has it, with the expressions between braces in it by their text. */
export interface Answer {
  readonly say: string;
  readonly values: ReadonlyMap<string, Expression>;
}

/** The answers to a question of verdicts, by what was found. */
export const FINDINGS = ['equivalent', 'worse', 'better', 'mixed'] as const;

/**
 * A question that comparisons answer. The verdicts on the first kind of latency decide which of the prepared answers is
 * given; the other kinds are shown with it.
 */
export interface VerdictQuestion extends Readonly<Record<(typeof FINDINGS)[number], Answer>> {
  readonly ask: string;
  /** The policy that is compared with the baseline; with `along`: only its cells. */
  readonly policy: string | undefined;
  /** The factor along which cells are compared; undefined without a policy: the named pairs. */
  readonly along: string | undefined;
  /** Part of the ids of the cells that are compared. */
  readonly cells: string;
  readonly kinds: readonly LatencyKind[];
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

/** A level's own name where it stands for several values: part of cell ids. */
const LEVEL_NAME = word(
  /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9_+.%-]{0,39}$/,
  'a name: letters, digits and _ + . % - without ..',
);
const factorSchema = z.union(
  [
    mapping({ set: prose('the path of a value'), levels: list(z.unknown(), 'values') }),
    mapping({
      levels: named(named(z.unknown(), 'values', z.string()), 'levels', LEVEL_NAME).refine(
        (levels) => Object.keys(levels).length > 0,
        { error: () => 'at least one level' },
      ),
    }),
  ],
  {
    error: () => 'a mapping: {set: path, levels: [value, ...]} or {levels: {name: {path: value}}}',
  },
);

/** Which value of the ranges of jobs' costs counts. */
export const jobCostsSchema = choice(COST_LEVELS);

/**
 * An experiment file: every key, its limits and its default. Checks each value for itself; what
 * depends on several values (a vCPU's pCPUs exist, extents do not overlap) is checked per cell in
 * `checks.ts`.
 */
export const experimentSchema = mapping({
  question: prose('the question that the experiment answers, in prose'),
  limits: prose('what the study does not show, in prose').optional(),
  seed: whole(0, Number.MAX_SAFE_INTEGER).prefault(1),
  replications: whole(1, 1e6),
  until: untilSchema.optional(),
  duration: positiveDuration(),
  machine: machineSchema.prefault({}),
  domains: domainsSchema,
  jobs: jobsSchema.optional(),
  job_costs: jobCostsSchema.optional(),
  events: eventsSchema.optional(),
  toolstack_time: toolstackTimeSchema.prefault(0),
  policies: policiesSchema.prefault(DEFAULT_POLICIES),
  factors: named(factorSchema, 'factors', FACTOR_NAME).optional(),
  design: designSchema.prefault('product'),
  sampling: samplingSchema.optional(),
  measure: measureSchema.prefault({}),
  compare: compareSchema.prefault({}),
  questions: anyList(questionSchema, 'questions').optional(),
});

/** An experiment file whose values are right each for itself. */
export type ExperimentFile = z.output<typeof experimentSchema>;

/** Everything a replication of one cell needs; durations in [ns], memory in pages. */
export interface Setup {
  /** Simulated time of one replication. */
  readonly duration: Duration;
  readonly machine: MachineSpec;
  readonly domains: readonly DomainSpec[];
  readonly policy: PolicySetup;
  readonly measure: Measure;
  /** What happens to the machine while it runs; absent: nothing. */
  readonly events?: EventsSpec;
  /** How often what phases of a guest are drawn; absent: all equally often. */
  readonly sampling?: Sampling;
  /** Long work that guests ask for, by its number; absent: none but the flush. */
  readonly jobs?: readonly NamedJob[];
  /** Which value of the ranges of their costs counts; absent: the typical one. */
  readonly jobCosts?: CostLevel;
}

/** A job and what it is called in the experiment. */
export interface NamedJob {
  readonly name: string;
  readonly job: LongWork;
}

/** One setting of all factors. */
export interface Cell {
  /** Unique and stable, such as `upstream/threshold=512/pcpus=1`. */
  readonly id: string;
  /** Name of the policy. */
  readonly policy: string;
  /** Level of each factor, in file order; empty for a factor that does not concern the policy. */
  readonly levels: Readonly<Record<string, string>>;
  readonly setup: Setup;
}

/** The names of the jobs of a cell, in their order: they are the same in all cells. */
export function jobNames({ setup }: Cell): string[] {
  return setup.jobs?.map(({ name }) => name) ?? [];
}

/** Differences within the larger of the two are equivalent [ns; fraction of the baseline]. */
export interface Margin {
  readonly absolute: Duration;
  readonly relative: number;
}

/** What is compared, and how. */
export interface ComparisonSpec {
  /** Name of the policy that the others are compared with. */
  readonly baseline: string;
  /** Factors along which each level is compared with this one. */
  readonly along: readonly { readonly factor: string; readonly level: string }[];
  /** Ids of cells, each of which is compared with the one behind it. */
  readonly pairs: readonly (readonly [cell: string, baseline: string])[];
  readonly metrics: readonly Metric[];
  readonly margin: Margin;
}

/** A checked experiment. */
export interface Experiment {
  /** The file as it was named, and its text. */
  readonly file: string;
  readonly text: string;
  /** The `path=value` that were applied to it, in order. */
  readonly overrides: readonly string[];
  /** Texts of the cost profiles that it uses, by name. */
  readonly profiles: Readonly<Record<string, string>>;
  readonly question: string;
  /** What the study does not show, in prose. */
  readonly limits: string;
  readonly seed: number;
  readonly replications: number;
  /** Until when replications are added; absent: none are. */
  readonly until?: Until;
  readonly measure: Measure;
  readonly compare: ComparisonSpec;
  readonly questions: readonly Question[];
  /** Names of the jobs, in file order. */
  readonly jobs: readonly string[];
  /** Names of the policies, in file order. */
  readonly policies: readonly string[];
  /** Names and levels of the factors, in file order. */
  readonly factors: readonly { readonly name: string; readonly levels: readonly string[] }[];
  /** All cells, or those that were chosen: policies outermost, factors in file order, the last one fastest. */
  readonly cells: readonly Cell[];
  /** How many cells the file has. */
  readonly cellsOfFile: number;
}
