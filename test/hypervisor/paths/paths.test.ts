import { describe, expect, it } from 'vitest';
import { DISPATCH, SERVED, SOFTIRQS } from '../../../src/hypervisor/paths/path.ts';
import {
  processPendingSoftirqs,
  SoftirqRound,
} from '../../../src/hypervisor/paths/softirq-paths.ts';
import {
  OP_BLOCK,
  OP_POLL_CLOCK,
  OP_RUN,
  OP_SET_TIMER,
  OP_SET_WAY,
  OP_SPIN,
  OP_WFI,
  OP_YIELD,
  UPSTREAM_POLICY,
} from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { domainsOf, ListGuest, PlainWork, smallMachine } from '../small-machine.ts';

const PATH = {
  trapEntry: 61,
  enterHypervisor: 41,
  syncFromLrs: 77,
  trapDispatch: 3,
  handleSetWay: 105,
  checkVcpuWork: 11,
  checkPcpuWork: 12,
  flushVmEntry: 10,
  flushRangeEntry: 34,
  flushTail: 81,
  returnToGuest: 110,
};

/** A guest that flushes at 1000 ns and then spins. */
const flusher = () => new ListGuest([[OP_POLL_CLOCK, 1000], [OP_SET_WAY], [OP_SPIN]]);

/** When the guest is back from its flush at 1000 ns, under a waker whose timer expires at `expiry`. */
function flushUnder(expiry: number, before: boolean, costs = {}) {
  const guest = flusher();
  const waker = new ListGuest([
    [OP_SET_TIMER, expiry],
    [OP_WFI],
    [OP_BLOCK, Number.POSITIVE_INFINITY],
  ]);
  const flush = new PlainWork(10, 1000);
  const machine = smallMachine(
    domainsOf({ guest: waker, start: 0 }, { guest, start: 1, work: { flush } }),
    { ...PATH, irqEntryGuest: 300, irqEntryHypervisor: 150, irqExit: 100, ...costs },
    { policy: { ...UPSTREAM_POLICY, before } },
  );
  machine.run(1e6);
  return { wakerAwakeAt: waker.askedAt[2], backAt: guest.askedAt[2], flush };
}

describe('the return path', () => {
  it('takes a flush step by step: trap, checks, work, tail', () => {
    const guest = flusher();
    const machine = smallMachine(
      domainsOf({ guest, start: 0, work: { flush: new PlainWork(10, 1000) } }),
      PATH,
    );
    machine.run(1e6);
    const { trapEntry, enterHypervisor, syncFromLrs, trapDispatch, handleSetWay } = PATH;
    const toHandlerEnd = trapEntry + enterHypervisor + syncFromLrs + trapDispatch + handleSetWay;
    const toWork =
      PATH.checkVcpuWork + PATH.checkPcpuWork + PATH.flushVmEntry + PATH.flushRangeEntry;
    const back = PATH.flushTail + PATH.checkPcpuWork + PATH.returnToGuest;
    // The first entry takes a return path too, with a round for the slice timer that was just set.
    expect(guest.askedAt[0]).toBe(PATH.checkVcpuWork + 2 * PATH.checkPcpuWork + PATH.returnToGuest);
    expect(guest.askedAt[2]).toBe(1000 + toHandlerEnd + toWork + 10_000 + back);
  });

  it('without the check before the work is shorter by that check', () => {
    expect(flushUnder(1e9, true).backAt - flushUnder(1e9, false).backAt).toBe(PATH.checkPcpuWork);
  });

  it('in every flush checks for softirqs at its check points only', () => {
    const { flush, wakerAwakeAt } = flushUnder(3500, true);
    expect(flush.stops).toBe(1);
    // Work began at 1354; the second check point is 2000 ns of work, and 250 ns of interrupt, later.
    expect(wakerAwakeAt).toBe(1354 + 3000 + 250 + PATH.checkPcpuWork + PATH.returnToGuest);
  });

  it('lets the check before the work catch what was raised since the trap, to the nanosecond', () => {
    const handled = (expiry: number) => flushUnder(expiry, true).wakerAwakeAt < 2000;
    // Interrupts are masked from the end of the handler (1287) on: the last that is taken in time is at 1286.
    expect([handled(1001), handled(1286), handled(1287)]).toEqual([true, true, false]);
    expect(flushUnder(1286, false).wakerAwakeAt).toBeGreaterThan(2000);
  });

  it('takes an interrupt that was masked when it is unmasked', () => {
    const first = flushUnder(1005, true);
    const last = flushUnder(1060, true);
    // Both are taken at 1061, when the trap's entry is over.
    expect(first.wakerAwakeAt).toBe(last.wakerAwakeAt);
    expect(flushUnder(1110, true).wakerAwakeAt).toBe(flushUnder(1178, true).wakerAwakeAt);
  });
});

describe('softirqs', () => {
  it('are handled lowest number first, checking anew after each', () => {
    const order: string[] = [];
    class Order extends Probe {
      override softirqStarted(_pcpu: number, nr: number): void {
        order.push(nr === machine.softirqTimer ? 'TIMER' : 'SCHEDULE');
      }
    }
    const hog = new ListGuest([[OP_SPIN]]);
    const waker = new ListGuest([[OP_SET_TIMER, 5000], [OP_WFI], [OP_SPIN]]);
    const machine = smallMachine(
      domainsOf({ guest: waker, start: 0 }, { guest: hog, start: 1 }),
      {},
      { probe: new Order() },
    );
    machine.run(4000);
    order.length = 0;
    machine.run(6000);
    // The timer wakes the waker, which raises SCHEDULE; switching stops and sets timers at the heap's head.
    expect(order.slice(0, 2)).toEqual(['TIMER', 'SCHEDULE']);
    expect(waker.askedAt[2]).toBe(5000);
  });

  it('raised on another pCPU arrive by SGI after its delivery', () => {
    const costs = { sgiDelivery: 700, sgiEntryHypervisor: 20, sgiExit: 3, idleWake: 5 };
    const woken = new ListGuest([[OP_SPIN]]);
    const machine = smallMachine(
      domainsOf({ guest: new ListGuest([[OP_SPIN]]), start: 0 }, { guest: woken, start: 2e6 }),
      costs,
      { pcpus: 2, timers: 'exact' },
    );
    machine.run(1e7);
    // Its pCPU is busy, so the wake tickles the idle one, which steals it.
    expect(woken.askedAt).toEqual([2e6 + 700 + 20 + 3 + 5]);
  });

  it('that are to be ignored stay pending, whatever their number (process_pending_softirqs)', () => {
    const machine = smallMachine(
      domainsOf({ guest: new ListGuest([[OP_RUN, 100]]), start: 0 }),
      PATH,
    );
    const [pcpu] = machine.pcpus;
    const schedule = 1 << machine.softirqSchedule;
    pcpu.softirqPending = schedule | (2 * schedule);
    const caller = processPendingSoftirqs(machine, pcpu.idle);
    expect(caller.next().value).toBe(SOFTIRQS);
    const softirqs = new SoftirqRound(machine, pcpu.idle);
    softirqs.begin();
    expect(softirqs.goOn()).toBe(DISPATCH);
    expect(softirqs.goOn()).toBe(SERVED);
    expect(pcpu.softirqPending).toBe(schedule);
    // The next round ignores nothing.
    softirqs.begin();
    expect(softirqs.goOn()).toBe(DISPATCH);
    expect(pcpu.softirqPending).toBe(schedule);
  });
});

describe('operations of a guest', () => {
  it('yield lets the other run first', () => {
    const a = new ListGuest([
      [OP_RUN, 100],
      [OP_YIELD],
      [OP_RUN, 100],
      [OP_BLOCK, Number.POSITIVE_INFINITY],
    ]);
    const b = new ListGuest([
      [OP_RUN, 50],
      [OP_BLOCK, Number.POSITIVE_INFINITY],
    ]);
    smallMachine(domainsOf({ guest: a, start: 0 }, { guest: b, start: 0 })).run(1e6);
    expect(b.askedAt).toEqual([100, 150]);
    expect(a.askedAt).toEqual([0, 100, 150, 250]);
  });

  it('WFI does not block when the timer has expired already', () => {
    const guest = new ListGuest([[OP_RUN, 100], [OP_SET_TIMER, 40], [OP_WFI], [OP_SPIN]]);
    smallMachine(domainsOf({ guest, start: 0 })).run(1e6);
    expect(guest.askedAt).toEqual([0, 100, 100, 100]);
  });

  it('WFI blocks until the timer expires', () => {
    const guest = new ListGuest([[OP_SET_TIMER, 400], [OP_WFI], [OP_SPIN]]);
    const machine = smallMachine(domainsOf({ guest, start: 0 }), { idleWake: 9 });
    machine.run(1e6);
    expect(guest.askedAt).toEqual([9, 9, 409]);
  });

  it('WFI is not slept through when the timer expires on the way to being switched out', () => {
    // Between the look of WFI's handler and the decision of SCHEDULE are the 40 ns of its dispatch.
    for (let expiry = 300; expiry < 800; expiry += 5) {
      const guest = new ListGuest([[OP_RUN, 300], [OP_SET_TIMER, expiry], [OP_WFI], [OP_SPIN]]);
      const hog = new ListGuest([[OP_SPIN]]);
      const costs = { handleWfi: 20, softirqDispatch: 40, irqEntryHypervisor: 5, irqExit: 2 };
      const machine = smallMachine(domainsOf({ guest, start: 0 }, { guest: hog, start: 1 }), costs);
      machine.run(1e5);
      // It may have to wait for its turn.
      expect(machine.vcpus[0].isRunnable, `expiry ${expiry}`).toBe(true);
    }
  });

  it('after a context switch make progress only when caches are warm', () => {
    const guest = new ListGuest([[OP_RUN, 100], [OP_SPIN]]);
    smallMachine(domainsOf({ guest, start: 0 }), { cacheRefill: 30 }).run(1e6);
    expect(guest.askedAt).toEqual([0, 130]);
  });

  it('that never use time are an error, not a hang', () => {
    const guest = new ListGuest([[OP_SET_TIMER, 5]]);
    expect(() => smallMachine(domainsOf({ guest, start: 0 })).run(10)).toThrow('in no time');
  });
});

describe('time', () => {
  it('adds up, per pCPU over modes and per vCPU over runstates', () => {
    const guests = [
      flusher(),
      new ListGuest([
        [OP_RUN, 300],
        [OP_BLOCK, 500],
      ]),
      new ListGuest([[OP_RUN, 200], [OP_YIELD]]),
    ];
    const setups = guests.map((guest, i) => ({
      guest,
      start: i * 7,
      work: { flush: new PlainWork(5, 100) },
    }));
    const machine = smallMachine(
      domainsOf(...setups),
      {
        ...PATH,
        irqEntryGuest: 30,
        irqEntryHypervisor: 10,
        irqExit: 5,
        schedule: 50,
        contextSwitch: 40,
      },
      { pcpus: 2 },
    );
    machine.run(123_456);
    for (const pcpu of machine.pcpus) {
      expect(pcpu.timeIn.reduce((sum, ns) => sum + ns, 0)).toBe(123_456);
    }
    for (const vcpu of machine.vcpus) {
      const times = ([0, 1, 2, 3] as const).map((state) => machine.core.timeIn(vcpu, state));
      expect(times.reduce((sum, ns) => sum + ns, 0)).toBe(123_456);
    }
  });
});
