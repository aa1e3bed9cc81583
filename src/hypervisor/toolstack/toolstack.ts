import type { Duration, Time } from '../../engine/time.ts';
import { OPERATION, TOOLSTACK } from '../machine/event-kinds.ts';
import type { Machine } from '../machine/machine.ts';
import { hold, letGo } from './hold.ts';
import type { OperationOutcome, OperationSetup, ToolstackOperation } from './operation.ts';
import { perform } from './perform.ts';

/**
 * The toolstack: carries out operations at their times, one after the other. It needs no pCPU; what its operations do in
 * the hypervisor is done on pCPU 0, an `unblock` on the pCPU that sends it.
 */
export class Toolstack {
  private readonly machine: Machine;
  /** What it does, in the order of their times. */
  readonly operations: readonly OperationSetup[];
  /** When each of the first of them ended, and how. */
  readonly ended: { readonly at: Time; readonly outcome: OperationOutcome }[] = [];
  /** The next operation to begin. */
  private next = 0;
  /** The one that is being carried out. */
  private current: Generator<Duration, OperationOutcome, void> | undefined;
  private here = 0;

  /** @param operations - in the order of their times */
  constructor(machine: Machine, operations: readonly OperationSetup[]) {
    this.machine = machine;
    this.operations = operations;
  }

  /** The next operation will begin at its time, or now if that is past. */
  armNext(): void {
    const { machine, next, operations } = this;
    if (next === operations.length) return;
    machine.sim.at(machine.slot(OPERATION, 0), Math.max(machine.now, operations[next].at));
  }

  /** The event of kind OPERATION. */
  begin(): void {
    const { machine } = this;
    const { operation, takes = 0 } = this.operations[this.next];
    this.here = operation.op === 'unblock' ? operation.pcpu : 0;
    machine.probe.operationBegins(this.next, operation);
    this.current = perform(machine, operation);
    if (takes > 0) machine.sim.at(machine.slot(TOOLSTACK, 0), machine.now + takes);
    else this.goOn();
  }

  /** The event of kind TOOLSTACK. */
  goOn(): void {
    const { machine, current } = this;
    if (current === undefined) return;
    machine.here = this.here;
    hold(machine, this.here);
    const { done, value } = current.next();
    if (done) return this.end(value);
    machine.sim.at(machine.slot(TOOLSTACK, 0), machine.now + value);
    if (value > 0) letGo(machine);
  }

  private end(outcome: OperationOutcome): void {
    const { machine } = this;
    this.current = undefined;
    this.ended.push({ at: machine.now, outcome });
    machine.probe.operationEnded(this.next, this.operations[this.next].operation, outcome);
    letGo(machine);
    this.next++;
    this.armNext();
  }
}

/** The operations that create a domain: it does not exist before. */
export function createdLater(operations: readonly OperationSetup[]): ReadonlySet<number> {
  const creations = operations.map(({ operation }) => operation).filter(isCreation);
  return new Set(creations.map(({ domain }) => domain));
}

function isCreation(
  operation: ToolstackOperation,
): operation is ToolstackOperation & { op: 'create' } {
  return operation.op === 'create';
}
