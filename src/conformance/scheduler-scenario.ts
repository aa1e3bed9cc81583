import { MS, NEVER, US } from '../engine/time.ts';
import { ScriptGuest, type ScriptOp } from '../guests/script.ts';
import { ZERO_COSTS } from '../hypervisor/machine/costs.ts';
import { Machine } from '../hypervisor/machine/machine.ts';
import type { TopologySetup } from '../hypervisor/machine/topology.ts';
import { RUNNING } from '../hypervisor/machine/vcpu.ts';
import type { Reservation, SchedulerFactory } from '../hypervisor/ports.ts';
import { UPSTREAM_POLICY } from '../hypervisor/ports.ts';
import type { Probe } from '../hypervisor/probe.ts';
import { Arinc653Scheduler } from '../schedulers/arinc653/arinc653.ts';
import { CreditScheduler } from '../schedulers/credit/credit.ts';
import { CREDIT_DEFAULTS } from '../schedulers/credit/params.ts';
import { Credit2Scheduler } from '../schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS, type RunqueueArrangement } from '../schedulers/credit2/params.ts';
import { NullScheduler } from '../schedulers/null/null.ts';
import { RTDS_DEFAULTS } from '../schedulers/rtds/params.ts';
import { RtdsScheduler } from '../schedulers/rtds/rtds.ts';
import { arinc653Records } from './arinc653-records.ts';
import { creditRecords } from './credit-records.ts';
import { credit2Records } from './credit2-records.ts';
import { nullRecords } from './null-records.ts';
import type { RecordFormatFactory } from './record-format.ts';
import { Recorder } from './recorder.ts';
import { rtdsRecords } from './rtds-records.ts';
import type { ScenarioVcpu, SchedulerScenario } from './scenario.ts';
import { operationOf, type ScenarioTopology } from './scenario-events.ts';

/** Runs a scenario on the machine and passes each record, as a line of JSON, to `write`. */
export function runSchedulerScenario(
  scenario: SchedulerScenario,
  write: (line: string) => void,
): void {
  const kit = KITS[scenario.sched];
  const recorder = new Recorder(write, scenario.events, scenario.topology !== undefined);
  const machine = buildScenarioMachine(scenario, scenarioScheduler(scenario), recorder);
  recorder.begin(machine, kit.records(machine), scenario.name);
  machine.run(scenario.duration);
  recorder.end((vcpu) => machine.core.timeIn(vcpu, RUNNING));
}

/** The machine of a scenario: no costs, exact timers. */
export function buildScenarioMachine(
  scenario: SchedulerScenario,
  scheduler: SchedulerFactory,
  probe: Probe,
): Machine {
  const { params } = scenario;
  return new Machine({
    xen: scenario.xen ?? 'master',
    pcpus: scenario.pcpus,
    scheduler,
    costs: { ...ZERO_COSTS, cacheRefill: number(params.ctx_switch_ns, 0) },
    timers: 'exact',
    policy: UPSTREAM_POLICY,
    probe,
    ...(scenario.topology && { topology: topologyOf(scenario.topology) }),
    operations: (scenario.events ?? []).map((event) => ({
      at: event.at,
      operation: operationOf(event),
    })),
    domains: scenario.domains.map((domain, d) => ({
      name: `d${d + 1}`,
      weight: domain.weight,
      cap: domain.cap,
      control: domain.control === 1,
      vcpus: domain.vcpus.map((vcpu) => ({
        guest: new ScriptGuest(vcpu.script as readonly ScriptOp[], vcpu.repeat ?? true),
        start: vcpu.wake ?? NEVER,
        ...(vcpu.hard && { hardAffinity: vcpu.hard }),
        ...(vcpu.soft && { softAffinity: vcpu.soft }),
        ...(vcpu.period_us && { reservation: reservation(vcpu) }),
      })),
    })),
    tables: (scenario.schedules ?? []).map(({ at, major_frame, entries }) => ({
      ...(at !== undefined && { at }),
      majorFrame: major_frame,
      slots: entries.map(({ dom, vcpu, runtime_ns }) => ({
        domain: dom,
        vcpu,
        runtime: runtime_ns,
      })),
    })),
  });
}

function topologyOf({ sockets, cores, threads, layout, nodes }: ScenarioTopology): TopologySetup {
  return { sockets, cores, threads, layout: layout ?? 'neighbours', nodes: nodes ?? [] };
}

function reservation({ period_us, budget_us, extratime }: ScenarioVcpu): Reservation {
  const defaults = RTDS_DEFAULTS;
  return {
    period: number(period_us, defaults.period / US) * US,
    budget: number(budget_us, defaults.budget / US) * US,
    extratime: Boolean(extratime ?? defaults.extratime),
  };
}

/** Makes the scheduler of a scenario with its parameters. */
export function scenarioScheduler(scenario: SchedulerScenario): SchedulerFactory {
  return KITS[scenario.sched].scheduler(scenario);
}

/** How a scheduler is made from a scenario's parameters, and how its records look. */
interface Kit {
  readonly scheduler: (scenario: SchedulerScenario) => SchedulerFactory;
  readonly records: RecordFormatFactory;
}

const KITS: Record<SchedulerScenario['sched'], Kit> = {
  credit: { scheduler: creditFactory, records: creditRecords },
  credit2: { scheduler: credit2Factory, records: credit2Records },
  rtds: { scheduler: () => (machine) => new RtdsScheduler(machine), records: rtdsRecords },
  null: { scheduler: () => (machine) => new NullScheduler(machine), records: nullRecords },
  arinc653: {
    scheduler: () => (machine) => new Arinc653Scheduler(machine),
    records: arinc653Records,
  },
};

function creditFactory({ params }: SchedulerScenario): SchedulerFactory {
  const defaults = CREDIT_DEFAULTS;
  const timeslice = number(params.tslice_ms, defaults.timeslice / MS) * MS;
  return (machine) =>
    new CreditScheduler(machine, {
      // One outside of 1 to 1000 ms is ignored.
      timeslice: timeslice >= MS && timeslice <= 1000 * MS ? timeslice : defaults.timeslice,
      ratelimit: number(params.ratelimit_us, defaults.ratelimit / US) * US,
      migrationDelay: number(params.migration_delay_us, 0) * US,
      loadBalanceRatelimit: number(params.load_balance_ratelimit_us, 1000) * US,
      tickleOneIdle: number(params.tickle_one_idle, 1) !== 0,
      smtPowerSavings: number(params.smt_power_savings, 0) !== 0,
    });
}

function credit2Factory({ params }: SchedulerScenario): SchedulerFactory {
  const defaults = CREDIT2_DEFAULTS;
  return (machine) =>
    new Credit2Scheduler(machine, {
      ratelimit: number(params.ratelimit_us, defaults.ratelimit / US) * US,
      runqueue: arrangement(params.runqueue),
      maxPcpusPerRunqueue: number(params.max_cpus_runqueue, defaults.maxPcpusPerRunqueue),
      capPeriod: number(params.cap_period_ms, defaults.capPeriod / MS) * MS,
      migrateResist: number(params.migrate_resist_us, defaults.migrateResist / US) * US,
      loadWindowShift: number(params.load_window_shift, defaults.loadWindowShift),
      loadPrecisionShift: number(params.load_precision_shift, defaults.loadPrecisionShift),
      balanceUnder: number(params.balance_under, defaults.balanceUnder),
      balanceOver: number(params.balance_over, defaults.balanceOver),
      smtPowerSavings: number(params.smt_power_savings, 0) !== 0,
    });
}

function arrangement(value: number | string | undefined): RunqueueArrangement {
  const known: readonly RunqueueArrangement[] = ['cpu', 'core', 'socket', 'node', 'all'];
  return known.find((name) => name === value) ?? CREDIT2_DEFAULTS.runqueue;
}

function number(value: number | string | undefined, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}
