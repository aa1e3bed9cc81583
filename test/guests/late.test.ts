import { describe, expect, it } from 'vitest';
import { randomStream } from '../../src/engine/random-stream.ts';
import { MS } from '../../src/engine/time.ts';
import { periodicExpiries } from '../../src/guests/expiries.ts';
import { ExpiryLine } from '../../src/guests/expiry-line.ts';
import { Notifier, Sleeper } from '../../src/guests/notifier.ts';
import { SetWayFlusher } from '../../src/guests/set-way-flusher.ts';
import { OP_POLL_CLOCK, OP_SEND_SGI } from '../../src/hypervisor/ports.ts';
import { Notes, vcpu } from './drive.ts';

describe('guests that are late', () => {
  it('periodic-waker, whole periods: the jitter of the one it missed is kept', () => {
    const line = (keepsDraw: boolean) =>
      new ExpiryLine(periodicExpiries(0, 1000, 200, randomStream(1, 0, 'jitter'), keepsDraw));
    const [keeps, redraws] = [line(true), line(false)];
    for (const each of [keeps, redraws]) each.advance();
    const drawn = keeps.next;
    expect(redraws.next).toBe(drawn);
    expect(keeps.skipUntil(drawn + 2500)).toBe(3);
    expect(keeps.next).toBe(drawn + 3000);
    expect(redraws.skipUntil(drawn + 2500)).toBeGreaterThan(1);
    expect((redraws.next - drawn) % 1000).not.toBe(0);
  });

  it.each([
    ['skip', false, [10, 45, 50, 60]],
    ['finish-round', true, [10, 45, 45, 50]],
  ] as const)('set-way-flusher, %s: the first operation takes 35 ms', (_, finishes, begun) => {
    const times = { first: 10 * MS, after: (t: number) => t + 10 * MS, skipsMissed: true };
    const guest = new SetWayFlusher(times, 1, { firstGfn: 0, blocks: 0 }, undefined, finishes);
    const [of, notes] = [vcpu(), new Notes()];
    const starts: number[] = [];
    for (let now = 0; starts.length < 4; ) {
      if (guest.next(of, now, notes) === OP_POLL_CLOCK) {
        now = of.operand;
        continue;
      }
      starts.push(now / MS);
      if (starts.length === 1) now += 35 * MS;
    }
    expect(starts).toEqual(begun);
  });

  it('notifier, wait: sends nothing while the sleeper has not seen the last one', () => {
    const sleeper = new Sleeper();
    const [open, closed] = [false, true].map(
      (waits) => new Notifier(MS, 0, { sleeper, vcpu: 1 }, waits),
    );
    const [of, notes] = [vcpu(), new Notes()];
    expect(closed.next(of, 0, notes)).toBe(OP_SEND_SGI);
    expect(closed.next(of, 1_000_000, notes)).toBe(OP_POLL_CLOCK);
    expect(of.operand).toBe(2 * MS);
    expect(open.next(of, 1_000_000, notes)).toBe(OP_SEND_SGI);
    sleeper.next(vcpu(1), 1_500_000, notes);
    expect(closed.next(of, 2_000_000, notes)).toBe(OP_SEND_SGI);
  });
});
