import { MS } from '../../src/engine/time.ts';
import { type Costs, ZERO_COSTS } from '../../src/hypervisor/machine/costs.ts';
import { Machine } from '../../src/hypervisor/machine/machine.ts';
import type {
  DomainSetup,
  MachineSetup,
  VcpuSetup,
} from '../../src/hypervisor/machine/machine-setup.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import type { ChunkedWork, Guest } from '../../src/hypervisor/ports.ts';
import { UPSTREAM_POLICY } from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { CreditScheduler } from '../../src/schedulers/credit/credit.ts';
import { CREDIT_DEFAULTS } from '../../src/schedulers/credit/params.ts';

/** A guest made of a list of [operation, operand]; the last one is repeated. Notes when each is asked for. */
export class ListGuest implements Guest {
  readonly askedAt: number[] = [];
  private readonly ops: readonly (readonly [number, number?])[];

  constructor(ops: readonly (readonly [number, number?])[]) {
    this.ops = ops;
  }

  next(vcpu: Vcpu, now: number): number {
    const [op, operand = 0] = this.ops[Math.min(this.askedAt.length, this.ops.length - 1)];
    this.askedAt.push(now);
    vcpu.operand = operand;
    return op;
  }
}

/** Work of `chunks` chunks of `length` ns with a check point between each two. */
export class PlainWork implements ChunkedWork {
  position = 0;
  stops = 0;
  private readonly chunks: number;
  private readonly length: number;

  constructor(chunks: number, length: number) {
    this.chunks = chunks;
    this.length = length;
  }

  begin(position: number): void {
    this.position = position;
  }
  duration(): number {
    return (this.chunks - this.position) * this.length;
  }
  nextCheck(elapsed: number): number {
    const check = Math.max(1, Math.ceil(elapsed / this.length)) * this.length;
    return check < this.duration() ? check : Number.POSITIVE_INFINITY;
  }
  stopAt(elapsed: number): void {
    this.stops++;
    this.position += elapsed / this.length;
  }
  finish(): void {
    this.position = this.chunks;
  }
}

/** One domain per vCPU. */
export function domainsOf(...vcpus: VcpuSetup[]): DomainSetup[] {
  return vcpus.map((vcpu, i) => ({ name: `d${i + 1}`, weight: 256, cap: 0, vcpus: [vcpu] }));
}

/** A machine with the credit scheduler, no rate limit, a long timeslice, and costs of zero but those given. */
export function smallMachine(
  domains: readonly DomainSetup[],
  costs: Partial<Costs> = {},
  setup: Partial<MachineSetup> = {},
): Machine {
  return new Machine({
    xen: 'master',
    pcpus: 1,
    scheduler: (view) =>
      new CreditScheduler(view, { ...CREDIT_DEFAULTS, timeslice: 1000 * MS, ratelimit: 0 }),
    costs: { ...ZERO_COSTS, ...costs },
    timers: { slop: 0 },
    policy: UPSTREAM_POLICY,
    probe: new Probe(),
    domains,
    ...setup,
  });
}
