import { describe, expect, it } from 'vitest';
import { DeviceModel } from '../../src/guests/device-model.ts';
import { GuestCpu, ProgramGuest, run } from '../../src/guests/program.ts';
import { stepProgram } from '../../src/guests/program-steps.ts';
import * as ports from '../../src/hypervisor/ports.ts';
import { drive, Notes, vcpu } from './drive.ts';

describe('a guest with a program', () => {
  it('does its operations and then blocks for ever', () => {
    const guest = new ProgramGuest(function* () {
      yield run(7);
      yield { op: ports.OP_DEFER, operand: 5, target: 3 };
    });
    const of = vcpu();
    const notes = new Notes();
    const next = () => [guest.next(of, 0, notes), of.operand, of.target];
    expect(next()).toEqual([ports.OP_RUN, 7, -1]);
    expect(next()).toEqual([ports.OP_DEFER, 5, 3]);
    expect(next()).toEqual([ports.OP_BLOCK, Number.POSITIVE_INFINITY, -1]);
    expect(next()[0]).toBe(ports.OP_BLOCK);
  });

  it('has no CPU before it runs', () => {
    expect(() => new GuestCpu().id).toThrow('runs on a vCPU');
  });
});

describe('a program of steps', () => {
  it('does each, and samples what the hypervisor does about it', () => {
    const model = new DeviceModel(9);
    const notes = new Notes();
    const done = drive(
      (cpu) =>
        stepProgram(
          cpu,
          [
            ['run', 5],
            ['set-way', 3],
            ['caches', false],
            ['caches', true],
            ['vm-register'],
            ['touch', 1000, 2],
            ['mmio'],
            ['io', model],
            ['defer', 4, 50],
            ['yield'],
            ['block', 8],
            ['send', 7],
            ['wait'],
          ],
          false,
        ),
      99,
      notes,
    );
    expect(done.map(({ op, operand }) => [op, operand])).toEqual([
      [ports.OP_RUN, 5],
      [ports.OP_SET_WAY, 3],
      [ports.OP_CACHES_OFF, 0],
      [ports.OP_CACHES_ON, 0],
      [ports.OP_VM_REGISTER, 0],
      [ports.OP_TOUCH, 1000],
      [ports.OP_TOUCH, 1512],
      [ports.OP_MMIO, 0],
      [ports.OP_IO, 9],
      [ports.OP_DEFER, 50],
      [ports.OP_YIELD, 0],
      [ports.OP_BLOCK, 8],
      [ports.OP_SEND_SGI, 7],
      [ports.OP_WFI, 0],
    ]);
    expect(notes.samples.map(([kind]) => kind)).toEqual([
      'batch',
      'toggle',
      'toggle',
      'toggle',
      'touch',
      'touch',
      'mmio',
      'io',
    ]);
    expect(new Set(notes.samples.map(([, latency]) => latency))).toEqual(new Set([100]));
  });

  it('repeats, and polls until the next multiple of a period', () => {
    const done = drive((cpu) => stepProgram(cpu, [['poll', 250]], true), 4);
    // Asked at 0, 100, 200 and 300.
    expect(done.map(({ operand }) => operand)).toEqual([250, 250, 250, 500]);
  });
});

describe('a device model', () => {
  it('sleeps until there is a request, works on each and answers in order', () => {
    const model = new DeviceModel(2);
    const program = (cpu: GuestCpu) => model.program(cpu, 30);
    model.request(5);
    model.request(6);
    expect(drive(program, 5).map(({ op, operand }) => [op, operand])).toEqual([
      [ports.OP_RUN, 30],
      [ports.OP_IO_DONE, 5],
      [ports.OP_RUN, 30],
      [ports.OP_IO_DONE, 6],
      [ports.OP_WFI, 0],
    ]);
  });
});
