import { describe, expect, it } from 'vitest';
import { US } from '../../../src/engine/time.ts';
import type { VcpuSetup } from '../../../src/hypervisor/machine/machine-setup.ts';
import { RUNNING } from '../../../src/hypervisor/machine/vcpu.ts';
import {
  OP_BLOCK,
  OP_CPU_OFF,
  OP_RUN,
  OP_SEND_SGI,
  OP_SET_TIMER,
  OP_SPIN,
  OP_WFI,
} from '../../../src/hypervisor/ports.ts';
import { domainsOf, ListGuest, smallMachine } from '../small-machine.ts';

const vcpu = (guest: ListGuest, pcpu = 0): VcpuSetup => ({ guest, start: 0, hardAffinity: [pcpu] });

/** A block's end (poll_timer) and the virtual timer are two timers, as in Xen. */
describe.each(['exact', { slop: 0 }] as const)('with timers %j', (timers) => {
  it('a block ends when it is due, although the virtual timer is armed for later', () => {
    const guest = new ListGuest([[OP_SET_TIMER, 900 * US], [OP_BLOCK, 100 * US], [OP_SPIN]]);
    const machine = smallMachine(domainsOf(vcpu(guest)), {}, { timers });
    machine.run(1000 * US);
    expect(guest.askedAt).toEqual([0, 0, 100 * US]);
  });

  it('the virtual timer of a vCPU that has gone down does not bring it up', () => {
    const off = new ListGuest([[OP_SET_TIMER, 100 * US], [OP_CPU_OFF], [OP_SPIN]]);
    const machine = smallMachine(domainsOf(vcpu(off)), {}, { timers });
    machine.run(1000 * US);
    expect(off.askedAt).toEqual([0, 0]);
    expect(machine.vcpus[0].runstate).not.toBe(RUNNING);
  });

  it('the end of a block that an interrupt has ended before wakes nobody', () => {
    // Woken by the SGI at 50 us, it waits for its virtual timer at 900 us; the block was to end at 400 us.
    const waits = new ListGuest([
      [OP_BLOCK, 400 * US],
      [OP_SET_TIMER, 900 * US],
      [OP_WFI],
      [OP_SPIN],
    ]);
    const sends = new ListGuest([[OP_RUN, 50 * US], [OP_SEND_SGI, 0], [OP_SPIN]]);
    const machine = smallMachine(domainsOf(vcpu(waits), vcpu(sends, 1)), {}, { timers, pcpus: 2 });
    machine.run(1000 * US);
    expect(waits.askedAt).toEqual([0, 50 * US, 50 * US, 900 * US]);
  });
});
