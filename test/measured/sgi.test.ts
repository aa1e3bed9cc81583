import { describe, expect, it } from 'vitest';
import { MS } from '../../src/engine/time.ts';
import { loadCostProfile, resolveCosts } from '../../src/experiment/plan/cost-profile.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import { OP_RUN, OP_SEND_SGI, OP_SPIN } from '../../src/hypervisor/ports.ts';
import { Probe } from '../../src/hypervisor/probe.ts';
import { fromPlain, makeSource } from '../../src/input/tree.ts';
import { domainsOf, ListGuest, smallMachine } from '../hypervisor/small-machine.ts';
import { recorded } from './measured.ts';

/** When the target's pCPU takes an interrupt. */
class Receiver extends Probe {
  readonly arrived: number[] = [];
  private readonly now: () => number;

  constructor(now: () => number) {
    super();
    this.now = now;
  }
  override interruptStarted(pcpu: number): void {
    if (pcpu === 1) this.arrived.push(this.now());
  }
}

/** Two SGIs, `apart` ns from each other, to a vCPU that runs: how long sender and receiver, to its handler, take for each [ns]. */
function sgis(apart: number) {
  const here = fromPlain('x', { source: makeSource('x.yaml', 'x'), offset: 0 });
  const loaded = loadCostProfile('qemu-icount', here, costProfileFiles('/nowhere/x.yaml'));
  if (!loaded.ok) throw new Error('qemu-icount');
  const costs = resolveCosts(loaded.value, {
    scheduler: 'credit',
    isRatelimited: false,
    rootLevel: 1,
  });
  const handled: number[] = [];
  const sender = new ListGuest([
    [OP_RUN, MS],
    [OP_SEND_SGI, 1],
    [OP_RUN, apart],
    [OP_SEND_SGI, 1],
    [OP_SPIN],
  ]);
  const receiver = new (class extends ListGuest {
    interrupt(_vcpu: Vcpu, now: number): number {
      handled.push(now);
      return Number.POSITIVE_INFINITY;
    }
  })([[OP_SPIN]]);
  const vcpus = [
    { guest: sender, start: 0, hardAffinity: [0] },
    { guest: receiver, start: 0, hardAffinity: [1] },
  ];
  const probe = new Receiver(() => machine.now);
  const machine = smallMachine(domainsOf(...vcpus), costs, { xen: '4.17', pcpus: 2, probe });
  machine.run(3 * MS);
  const sent = [sender.askedAt[1], sender.askedAt[3]];
  const arrived = probe.arrived.filter((time) => time > MS);
  return {
    senders: arrived.map((time, i) => time - sent[i]),
    receivers: handled.map((time, i) => time - arrived[i]),
  };
}

describe('an SGI to a vCPU that runs', () => {
  const rows = recorded('sgi_path_exact.csv').filter(({ config }) => config === 'running_target');
  const measured = new Set(
    rows.map(({ msr_to_gicv3_send_sgi, rcv_irq_to_guest }) =>
      [msr_to_gicv3_send_sgi, rcv_irq_to_guest].join(),
    ),
  );

  it('costs its sender less, and its receiver more, while the last one is in a list register', () => {
    expect(measured).toEqual(new Set(['550,763', '596,578']));
    const { senders, receivers } = sgis(MS / 2);
    expect(senders).toEqual([596, 550]);
    expect(receivers[1] - receivers[0]).toBe(763 - 578);
  });
});
