import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MS } from '../../../src/engine/time.ts';
import { deferredJob, deferWork } from '../../../src/hypervisor/jobs/deferred-job.ts';
import { flushJob } from '../../../src/hypervisor/jobs/flush-job.ts';
import type { JobRun } from '../../../src/hypervisor/jobs/job-run.ts';
import { OP_RUN, OP_SET_WAY, OP_SPIN, UPSTREAM_POLICY } from '../../../src/hypervisor/ports.ts';
import { Probe } from '../../../src/hypervisor/probe.ts';
import { domainsOf, ListGuest, PlainWork, smallMachine } from '../small-machine.ts';

/** What jobs do, in their order: `begin flush`, `done deferred`. */
class Order extends Probe {
  readonly told: string[] = [];

  override jobStarted({ job }: JobRun): void {
    this.told.push(`begin ${job.name}`);
  }
  override jobDone({ job }: JobRun): void {
    this.told.push(`done ${job.name}`);
  }
}

/** A guest that asks for a flush of 1 ms at 1 ms, and is given `deferred` ns of work at `at`. */
function run(policy: object, at: number, deferred: number): string[] {
  const probe = new Order();
  const guest = new ListGuest([[OP_RUN, MS], [OP_SET_WAY], [OP_SPIN]]);
  const machine = smallMachine(
    domainsOf({ guest, start: 0, work: { flush: new PlainWork(10, MS / 10) } }),
    {},
    { policy: { ...UPSTREAM_POLICY, ...policy }, probe },
  );
  machine.run(at);
  deferWork(machine, machine.vcpus[0], deferred);
  machine.run(10 * MS);
  return probe.told;
}

describe('standing jobs', () => {
  it('have their turns on the return path: deferred work first, in rounds, then the flush', () => {
    expect(run({}, MS / 2, MS)).toEqual([
      'begin deferred',
      'done deferred',
      'begin flush',
      'done flush',
    ]);
    expect(run({ deferredRound: MS / 4 }, MS / 2, MS)).toEqual([
      ...new Array(4).fill('begin deferred'),
      'done deferred',
      'begin flush',
      'done flush',
    ]);
  });

  it('nothing is asked for without work, and a request grows while it is being done', () => {
    const work = deferredJob(UPSTREAM_POLICY).requestFor(undefined);
    expect(work.complete).toBe(true);
    const growing = work as typeof work & { add(length: number): void };
    growing.add(100);
    growing.begin();
    growing.add(50);
    growing.finish();
    expect(growing.complete).toBe(false);
    growing.begin();
    expect(growing.duration()).toBe(50);
    growing.finish();
    expect(growing.complete).toBe(true);
  });

  it('a flush goes over all of its work each time, from where it stopped', () => {
    const request = flushJob(UPSTREAM_POLICY).requestFor(new PlainWork(4, 10));
    for (let time = 0; time < 2; time++) {
      request.begin();
      expect(request.duration()).toBe(40);
      expect(request.nextCheck(15)).toBe(20);
      request.stopAt(20);
      expect(request.complete).toBe(false);
      request.begin();
      expect(request.duration()).toBe(20);
      // The one at its end is no stop.
      expect(request.nextCheck(11)).toBe(Number.POSITIVE_INFINITY);
      request.finish();
      expect(request.complete).toBe(true);
    }
  });

  it('are known by name only where they are defined and asked for', () => {
    const folders = ['src/hypervisor/cpu', 'src/hypervisor/paths', 'src/measure', 'src/traces'];
    const asks = ['set-way.ts', 'trap-paths.ts'];
    const naming = folders
      .flatMap((folder) => readdirSync(folder).map((file) => `${folder}/${file}`))
      .filter((path) => !asks.some((file) => path.endsWith(`/${file}`)))
      .filter((path) => {
        const code = readFileSync(path, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
        return /['"`](?:flush|deferred)['"`]|\.(?:flush|deferred)\b(?!\()/.test(code);
      });
    // `flush` is also a guest's operation, as the guest sees it.
    expect(naming).toEqual(['src/measure/latency-kinds.ts']);
  });
});
