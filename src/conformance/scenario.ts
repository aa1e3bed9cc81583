import { z } from 'zod';
import { NEVER } from '../engine/time.ts';
import type { XenVersion } from '../hypervisor/cpu/softirq.ts';
import {
  numberProblem,
  recordedEventsSchema,
  type ScenarioEvent,
  type ScenarioTopology,
  topologySchema,
} from './scenario-events.ts';
import { explainIssues } from './scenario-issues.ts';

/** A recorded scheduler scenario (NAME.scenario.json): machine, workload and scheduler parameters. */
export interface SchedulerScenario {
  readonly name: string;
  readonly family?: string | undefined;
  readonly sched: 'credit' | 'credit2' | 'rtds' | 'null' | 'arinc653';
  readonly xen?: XenVersion | undefined;
  readonly pcpus: number;
  /** Simulated time [ns]. */
  readonly duration: number;
  readonly params: Readonly<Record<string, number | string>>;
  readonly domains: readonly ScenarioDomain[];
  readonly schedules?: readonly ScenarioSchedule[] | undefined;
  readonly events?: readonly ScenarioEvent[] | undefined;
  readonly topology?: ScenarioTopology | undefined;
}

export interface ScenarioDomain {
  readonly weight: number;
  readonly cap: number;
  /** arinc653: a control domain. */
  readonly control?: number | undefined;
  readonly vcpus: readonly ScenarioVcpu[];
}

export interface ScenarioVcpu {
  /** First wake [ns]; absent or null: never. */
  readonly wake?: number | null | undefined;
  readonly script: readonly (['run', number] | ['spin'] | ['block', number] | ['yield'])[];
  readonly repeat?: boolean | undefined;
  readonly hard?: readonly number[] | undefined;
  readonly soft?: readonly number[] | undefined;
  /** rtds parameters [us]. */
  readonly period_us?: number | undefined;
  readonly budget_us?: number | undefined;
  readonly extratime?: number | boolean | undefined;
}

/** arinc653: a table to be set, at the start or at time `at` [ns]. */
export interface ScenarioSchedule {
  readonly at?: number | undefined;
  readonly major_frame: number;
  readonly entries: readonly {
    readonly dom: number;
    readonly vcpu: number;
    readonly runtime_ns: number;
  }[];
}

const time = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
/** Longest simulated time [ns]. */
const DURATION_MAX = 60e9;
/** Least time that an operation of a script takes on average [ns]: no scenario goes on for ever without time passing. */
const OP_TIME_MIN = 1000;
const VCPUS_MAX = 256;
const cpus = z.array(z.number().int().min(0).max(255)).min(1);

const schema = z.object({
  name: z.string(),
  family: z.string().optional(),
  sched: z.enum(['credit', 'credit2', 'rtds', 'null', 'arinc653']),
  xen: z.enum(['4.12', 'master']).optional(),
  pcpus: z.number().int().min(1).max(256),
  duration: time.max(DURATION_MAX),
  params: z.record(z.string(), z.union([z.number(), z.string()])).default({}),
  domains: z.array(
    z.object({
      // 0 leaves the default as it is.
      weight: z
        .number()
        .int()
        .min(0)
        .max(65535)
        .default(256)
        .transform((weight) => weight || 256),
      cap: z.number().int().min(0).default(0),
      control: z.number().optional(),
      vcpus: z.array(
        z.object({
          wake: time.nullable().optional(),
          script: z
            .array(
              z.union([
                z.tuple([z.literal('run'), time]),
                z.tuple([z.literal('block'), time]),
                z.tuple([z.literal('spin')]),
                z.tuple([z.literal('yield')]),
              ]),
            )
            .max(1000)
            .refine(takesTime, {
              error: `its operations take less than ${OP_TIME_MIN} ns on average`,
            }),
          repeat: z.boolean().optional(),
          hard: cpus.optional(),
          soft: cpus.optional(),
          period_us: z.number().positive().optional(),
          budget_us: z.number().positive().optional(),
          extratime: z.union([z.number(), z.boolean()]).optional(),
        }),
      ),
    }),
  ),
  schedules: z
    .array(
      z.object({
        at: z.number().optional(),
        major_frame: z.number(),
        entries: z.array(z.object({ dom: z.number(), vcpu: z.number(), runtime_ns: z.number() })),
      }),
    )
    .optional(),
  events: recordedEventsSchema.optional(),
  topology: topologySchema.optional(),
});

/** A round of the script takes time enough. */
function takesTime(script: readonly (readonly [string, number?])[]): boolean {
  const total = script.reduce((sum, [op, ns = 0]) => sum + (op === 'spin' ? NEVER : ns), 0);
  return total >= OP_TIME_MIN * script.length;
}

/**
 * Reads a scheduler scenario.
 * @returns the scenario, or what is wrong with it, for people
 */
export function parseSchedulerScenario(
  json: unknown,
): { ok: true; scenario: SchedulerScenario } | { ok: false; problem: string } {
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, problem: explainIssues(parsed.error) };
  const scenario = parsed.data;
  const vcpus = scenario.domains.reduce((sum, domain) => sum + domain.vcpus.length, 0);
  if (vcpus > VCPUS_MAX) return { ok: false, problem: `${vcpus} vCPUs, more than ${VCPUS_MAX}` };
  for (const [d, domain] of scenario.domains.entries()) {
    for (const [v, { hard = [], soft = [] }] of domain.vcpus.entries()) {
      const missing = [...hard, ...soft].find((cpu) => cpu >= scenario.pcpus);
      if (missing !== undefined) {
        const where = `domains[${d}].vcpus[${v}]`;
        return { ok: false, problem: `${where}: there is no pCPU ${missing} of ${scenario.pcpus}` };
      }
    }
  }
  const problem = numberProblem(scenario);
  return problem === undefined ? { ok: true, scenario } : { ok: false, problem };
}
