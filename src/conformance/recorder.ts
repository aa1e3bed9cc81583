import type { Time } from '../engine/time.ts';
import type { Machine } from '../hypervisor/machine/machine.ts';
import type { Vcpu } from '../hypervisor/machine/vcpu.ts';
import type { Decision, WakeReason } from '../hypervisor/ports.ts';
import { Probe } from '../hypervisor/probe.ts';
import type { OperationOutcome, ToolstackOperation } from '../hypervisor/toolstack/operation.ts';
import type { RecordFormat } from './record-format.ts';
import type { ScenarioEvent } from './scenario-events.ts';

const EINVAL = -22;
/** What operations return in Xen, by their outcome. */
const RETURNS = { done: 0, invalid: EINVAL, again: -11, unavailable: -99, missing: -3 } as const;

/** Writes what a machine decides as JSON Lines, in the form of the recorded decisions of Xen's code. */
export class Recorder extends Probe {
  private readonly write: (line: string) => void;
  private machine: Machine | undefined;
  private format: RecordFormat | undefined;
  private decisions = 0;
  /** The time of the record written last, as text too: often the next has the same. */
  private time = 0;
  private timeText = '0';

  private readonly events: readonly ScenarioEvent[];
  private readonly hasTopology: boolean;
  /** A domain is being created: that is not recorded. */
  private silent = false;

  /**
   * @param write - called with each record, without line end, in order
   * @param events - the run-time events that the machine's operations stand for
   */
  constructor(
    write: (line: string) => void,
    events: readonly ScenarioEvent[] = [],
    hasTopology = false,
  ) {
    super();
    this.write = write;
    this.events = events;
    this.hasTopology = hasTopology;
  }

  /** Starts recording: what happened before (the set-up) is not recorded. */
  begin(machine: Machine, format: RecordFormat, name: string): void {
    this.machine = machine;
    this.format = format;
    const sched = machine.scheduler.name;
    this.write(
      `{"ev":"init","t":0,"sched":"${sched}","name":${JSON.stringify(name)}${this.places()}${this.states()}}`,
    );
  }

  /** The last record: totals. */
  end(cpuTime: (vcpu: Vcpu) => number): void {
    const { machine, format } = this;
    if (machine === undefined || format === undefined) return;
    const run = machine.vcpus.map(cpuTime).join(',');
    this.write(
      `{"ev":"end","t":${machine.now},"decisions":${this.decisions},"run":[${run}]${this.states()}}`,
    );
  }

  /** Where the vCPUs are; -1: there is none. */
  private places(): string {
    const vcpus = this.machine?.vcpus ?? [];
    const cpus = vcpus.map((vcpu) => (vcpu.exists ? vcpu.processor : -1));
    return `,"cpu":[${cpus.join(',')}]`;
  }

  /** The vCPUs' states, null for who does not exist, and what is said of the pCPUs. */
  private states(): string {
    const vcpus = this.machine?.vcpus ?? [];
    const states = vcpus.map((vcpu) => (vcpu.exists ? this.format?.state(vcpu) : 'null'));
    return `,"u":[${states.join(',')}]${this.hasTopology ? (this.format?.perPcpu?.() ?? '') : ''}`;
  }

  override operationBegins(index: number): void {
    const { at: _, op, ...members } = this.events[index];
    const fields = JSON.stringify({ k: index, op, ...members });
    this.record('event', fields.slice(1, -1));
    this.silent = op === 'create';
  }

  override operationEnded(
    index: number,
    _operation: ToolstackOperation,
    outcome: OperationOutcome,
  ): void {
    this.silent = false;
    this.record('did', `"k":${index},"rc":${RETURNS[outcome]}${this.places()}${this.states()}`);
  }

  override scheduled(pcpu: number, prev: Vcpu, decision: Decision): void {
    if (this.format === undefined || this.machine?.core.isFree(pcpu)) return;
    this.decisions++;
    const { next, slice, migrated, ratelimited } = decision;
    this.record(
      'sched',
      `"cpu":${pcpu},"prev":${id(prev)},"next":${id(next)},"slice":${slice}` +
        this.format.decision(prev, next) +
        (migrated ? ',"mig":1' : '') +
        (ratelimited ? ',"rl":1' : ''),
    );
  }

  override woken(vcpu: Vcpu, why: WakeReason, tickled: readonly number[]): void {
    if (this.format === undefined) return;
    this.record(
      'wake',
      `"v":${vcpu.id},"cpu":${vcpu.processor},"why":"${why}","tickled":[${tickled.join(',')}]` +
        this.format.wake(vcpu),
    );
  }

  override wakeSkipped(vcpu: Vcpu): void {
    this.record('wakeskip', `"v":${vcpu.id}`);
  }

  override blocking(vcpu: Vcpu, duration: number): void {
    const time = duration === Number.POSITIVE_INFINITY ? -1 : duration;
    this.record('block', `"v":${vcpu.id},"cpu":${vcpu.processor},"for":${time}`);
  }

  override yielding(vcpu: Vcpu): void {
    this.record('yield', `"v":${vcpu.id},"cpu":${vcpu.processor}`);
  }

  override migrated(vcpu: Vcpu, from: number, to: number, why: string): void {
    this.record('mig', `"v":${vcpu.id},"from":${from},"to":${to},"why":"${why}"`);
  }

  override kicked(vcpu: Vcpu, by: string): void {
    this.record('kick', `"v":${vcpu.id},"by":"${by}"`);
  }

  override parked(vcpu: Vcpu, parked: boolean): void {
    this.record(parked ? 'park' : 'unpark', `"v":${vcpu.id}`);
  }

  override timerHandled(kind: number, index: number): void {
    const line = this.format?.timer(kind, index);
    if (line !== undefined) this.write(line);
  }

  override tableSet(index: number, accepted: boolean): void {
    this.record('set', `"k":${index},"rc":${accepted ? 0 : EINVAL}`);
  }

  override schedulerEvent(name: string, pcpu: number): void {
    const line = this.format?.event?.(name, pcpu);
    if (line !== undefined) this.write(line);
  }

  private record(event: string, fields: string): void {
    if (this.machine === undefined || this.silent) return;
    const { now } = this.machine;
    if (now !== this.time) {
      this.time = now;
      this.timeText = decimal(now);
    }
    this.write(`{"ev":"${event}","t":${this.timeText},${fields}}`);
  }
}

const BILLION = 1e9;

/** A time [ns] in decimal. In two parts if it is large: as one, it would take a sixth of the whole recording. */
function decimal(time: Time): string {
  const high = Math.floor(time / BILLION);
  if (high === 0) return String(time);
  return high + String(time - high * BILLION).padStart(9, '0');
}

function id(vcpu: Vcpu): number {
  return vcpu.isIdle ? -1 : vcpu.id;
}
