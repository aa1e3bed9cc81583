import { describe, expect, it } from 'vitest';
import { MS, US } from '../../src/engine/time.ts';
import { loadCostProfile, resolveCosts } from '../../src/experiment/plan/cost-profile.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import type { Costs } from '../../src/hypervisor/machine/costs.ts';
import type { MachineSetup, VcpuSetup } from '../../src/hypervisor/machine/machine-setup.ts';
import type { Vcpu } from '../../src/hypervisor/machine/vcpu.ts';
import {
  OP_DEFER,
  OP_MMIO,
  OP_RUN,
  OP_SEND_SGI,
  OP_SET_TIMER,
  OP_SPIN,
  OP_WFI,
  OP_YIELD,
} from '../../src/hypervisor/ports.ts';
import { fromPlain, makeSource } from '../../src/input/tree.ts';
import { Credit2Scheduler } from '../../src/schedulers/credit2/credit2.ts';
import { CREDIT2_DEFAULTS } from '../../src/schedulers/credit2/params.ts';
import { domainsOf, ListGuest, smallMachine } from '../hypervisor/small-machine.ts';

/*
 * The sums that were measured on hardware, from which profiles are made: the simulated paths take as long.
 * ZynqMP: xen-devel, "Xen on ARM IRQ latency and scheduler overhead", February 2017. m400: Dall et al., ISCA 2016.
 */

function costsOf(profile: string, scheduler = 'credit'): Costs {
  const here = fromPlain('x', { source: makeSource('x.yaml', 'x'), offset: 0 });
  const loaded = loadCostProfile(profile, here, costProfileFiles('/nowhere/x.yaml'));
  if (!loaded.ok) throw new Error(profile);
  return resolveCosts(loaded.value, { scheduler, isRatelimited: false, rootLevel: 1 });
}

/** A guest that takes the interrupt of its own timer, and notes how late. */
class TimedGuest extends ListGuest {
  readonly latencies: number[] = [];

  interrupt(_vcpu: Vcpu, now: number): number {
    this.latencies.push(now - EXPIRY);
    return Number.POSITIVE_INFINITY;
  }
}

const EXPIRY = 20 * MS;

/** Expiry of a guest's timer to its interrupt handler, where it does `op` meanwhile [ns]. */
function toHandler(costs: Costs, op: number, setup: Partial<MachineSetup> = {}): number {
  const guest = new TimedGuest([[OP_SET_TIMER, EXPIRY], [op]]);
  smallMachine(domainsOf({ guest, start: 0 }), costs, {
    timers: { slop: 50 * US },
    ...setup,
  }).run(EXPIRY + MS);
  expect(guest.latencies).toHaveLength(1);
  return guest.latencies[0];
}

/** What the TIMER softirq adds where the interrupt is not a device's, whose handler wakes the vCPU itself [ns]. */
function timerSoftirq(costs: Costs): number {
  return costs.softirqDispatch + costs.timerSoftirq + costs.vtimerCallback + costs.timerReprogram;
}

/** Distance of the times at which a guest's operations begin, the last two [ns]. */
function distance({ askedAt }: ListGuest): number {
  return (askedAt.at(-1) ?? 0) - (askedAt.at(-2) ?? 0);
}

const within3 = (simulated: number, measured: number) =>
  expect(Math.abs(simulated / measured - 1)).toBeLessThan(0.03);

describe('zcu102-a53: interrupt to the handler of the guest', () => {
  const costs = costsOf('zcu102-a53');

  it('running: 1.89 us', () => within3(toHandler(costs, OP_SPIN), 1890));

  it('blocked, credit: 4.85 us', () =>
    within3(toHandler(costs, OP_WFI) - timerSoftirq(costs), 4850));

  it('blocked, credit2: 8.08 us', () => {
    const credit2 = costsOf('zcu102-a53', 'credit2');
    const scheduler: MachineSetup['scheduler'] = (view) =>
      new Credit2Scheduler(view, { ...CREDIT2_DEFAULTS, ratelimit: 0 });
    within3(toHandler(credit2, OP_WFI, { scheduler }) - timerSoftirq(credit2), 8080);
  });
});

describe('m400-xgene', () => {
  const costs = costsOf('m400-xgene');

  it('hypercall: 157 ns', () => {
    const guest = new ListGuest([[OP_DEFER, 0], [OP_DEFER, 0], [OP_SPIN]]);
    smallMachine(domainsOf({ guest, start: 0 }), costs).run(MS);
    within3(distance(guest), 157);
  });

  it('access to an emulated device, 4.17: 565 ns', () => {
    const guest = new ListGuest([[OP_MMIO], [OP_SPIN]]);
    smallMachine(domainsOf({ guest, start: 0 }), costs, { xen: '4.17' }).run(MS);
    within3(distance(guest), 565);
  });

  it('virtual IPI to a vCPU that runs: 2.49 us', () => {
    const sent = 10 * MS;
    const latencies: number[] = [];
    const sender = new ListGuest([[OP_RUN, sent], [OP_SEND_SGI, 1], [OP_SPIN]]);
    const receiver = new (class extends ListGuest {
      interrupt(_vcpu: Vcpu, now: number): number {
        latencies.push(now - (sender.askedAt[1] ?? 0));
        return Number.POSITIVE_INFINITY;
      }
    })([[OP_SPIN]]);
    const vcpus: VcpuSetup[] = [
      { guest: sender, start: 0, hardAffinity: [0] },
      { guest: receiver, start: 0, hardAffinity: [1] },
    ];
    smallMachine(domainsOf(...vcpus), costs, { pcpus: 2 }).run(2 * sent);
    expect(latencies).toHaveLength(1);
    within3(latencies[0], 2491);
  });

  it('VM switch: 3.67 us', () => {
    const [a, b] = [new ListGuest([[OP_YIELD]]), new ListGuest([[OP_YIELD]])];
    smallMachine(domainsOf({ guest: a, start: 0 }, { guest: b, start: 0 }), costs).run(5 * MS);
    const times = [...a.askedAt, ...b.askedAt].toSorted((x, y) => x - y).slice(10, 20);
    const switches = times.slice(1).map((time, i) => time - times[i]);
    for (const length of switches) within3(length, 3667);
  });
});
