import { describe, expect, it } from 'vitest';
import { BLOCKED, OFFLINE, RUNNABLE, RUNNING } from '../../src/hypervisor/machine/vcpu.ts';
import { InstantFilter } from '../../src/traces/instant-filter.ts';

/** A filter, and what its sink is told. */
function filterOf(tracks: number, vcpus: number) {
  const told: string[] = [];
  const filter = new InstantFilter(
    {
      runstate: (time, vcpu, state, pcpu) => told.push(`${time} v${vcpu} ${state} on ${pcpu}`),
      begin: (time, track, name) => told.push(`${time} #${track} ${name} {`),
      end: (time, track) => told.push(`${time} #${track} }`),
      instant: (time, track, name) => told.push(`${time} #${track} ${name}`),
      credit: () => {},
    },
    tracks,
    vcpus,
  );
  return { filter, told };
}

describe('states at one instant', () => {
  it('are the last ones only, those that are left before those that are entered', () => {
    const { filter, told } = filterOf(0, 2);
    filter.runstate(0, RUNNABLE, 0);
    filter.runstate(0, RUNNING, 0);
    filter.advance(10);
    filter.runstate(1, RUNNABLE, 0);
    filter.runstate(1, RUNNING, 0);
    filter.runstate(0, RUNNABLE, 0);
    filter.runstate(0, BLOCKED, 0);
    filter.flush();
    expect(told).toEqual([
      `0 v1 ${OFFLINE} on 0`,
      `0 v0 ${RUNNING} on 0`,
      `10 v0 ${BLOCKED} on 0`,
      `10 v1 ${RUNNING} on 0`,
    ]);
  });

  it('are two for a vCPU that goes on elsewhere, and none for one that goes on where it was', () => {
    const { filter, told } = filterOf(0, 1);
    filter.runstate(0, RUNNING, 0);
    filter.advance(10);
    filter.runstate(0, RUNNABLE, 0);
    filter.runstate(0, RUNNING, 1);
    filter.advance(20);
    filter.runstate(0, RUNNABLE, 1);
    filter.runstate(0, RUNNING, 1);
    filter.advance(30);
    filter.runstate(0, RUNNABLE, 0);
    filter.flush();
    expect(told).toEqual([
      `0 v0 ${RUNNING} on 0`,
      `10 v0 ${RUNNABLE} on 0`,
      `10 v0 ${RUNNING} on 1`,
      `30 v0 ${RUNNABLE} on 1`,
    ]);
  });
});

describe('slices of one instant', () => {
  it('are left out, or become instants; what ends comes before what begins', () => {
    const { filter, told } = filterOf(2, 0);
    filter.begin(0, 'a');
    filter.begin(0, 'b');
    filter.begin(1, 'x');
    filter.advance(10);
    filter.begin(0, 'left out');
    filter.end(0);
    filter.begin(0, 'kept', true);
    filter.end(0);
    filter.end(0);
    filter.begin(0, 'c');
    filter.advance(20);
    filter.end(0);
    filter.end(0);
    expect(filter.depth(0)).toBe(0);
    filter.end(0);
    filter.flush();
    expect(told).toEqual([
      '0 #0 a {',
      '0 #0 b {',
      '0 #1 x {',
      '10 #0 kept',
      '10 #0 }',
      '10 #0 c {',
      '20 #0 }',
      '20 #0 }',
    ]);
  });
});
