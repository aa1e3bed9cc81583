import type { Duration } from '../engine/time.ts';
import { GFNS_PER_BLOCK } from './blocks.ts';
import type { DeviceModel } from './device-model.ts';
import { nextDue } from './expiries.ts';
import {
  block,
  caches,
  defer,
  type GuestCpu,
  io,
  mmio,
  type Operation,
  type Program,
  pollUntil,
  run,
  sendSgi,
  setWay,
  touch,
  vmRegister,
  waitForInterrupt,
  work,
  yieldTurn,
} from './program.ts';

/** One step of a program that an experiment writes down. */
export type ProgramStep =
  | readonly ['run', Duration]
  | readonly ['block', Duration]
  | readonly ['yield']
  | readonly ['poll', Duration]
  | readonly ['set-way', number]
  | readonly ['caches', boolean]
  | readonly ['vm-register']
  | readonly ['touch', number, number]
  | readonly ['mmio']
  | readonly ['io', DeviceModel]
  | readonly ['defer', number, Duration]
  | readonly ['work', number]
  | readonly ['send', number]
  | readonly ['wait'];

/**
 * Carries out `steps`, over and over or once. What the hypervisor does about a step is a sample, as the guest sees it:
 * `batch` (Set/Way operations), `toggle` (VM registers), `touch` (each page accessed), `mmio`, `io`.
 */
export function* stepProgram(
  cpu: GuestCpu,
  steps: readonly ProgramStep[],
  repeat: boolean,
): Program {
  do {
    for (const step of steps) yield* carryOut(cpu, step);
  } while (repeat);
}

function* carryOut(cpu: GuestCpu, step: ProgramStep): Program {
  switch (step[0]) {
    case 'run':
      yield run(step[1]);
      return;
    case 'block':
      yield block(step[1]);
      return;
    case 'yield':
      yield yieldTurn;
      return;
    case 'poll':
      yield pollUntil(nextDue(0, step[1], cpu.now));
      return;
    case 'set-way':
      return yield* sampled(cpu, 'batch', setWay(step[1]));
    case 'caches':
      return yield* sampled(cpu, 'toggle', caches(step[1]));
    case 'vm-register':
      return yield* sampled(cpu, 'toggle', vmRegister);
    case 'touch':
      for (let i = 0; i < step[2]; i++) {
        yield* sampled(cpu, 'touch', touch(step[1] + i * GFNS_PER_BLOCK));
      }
      return;
    case 'mmio':
      return yield* sampled(cpu, 'mmio', mmio);
    case 'io':
      step[1].request(cpu.id);
      return yield* sampled(cpu, 'io', io(step[1].vcpu));
    case 'defer':
      yield defer(step[1], step[2]);
      return;
    case 'send':
      yield sendSgi(step[1]);
      return;
    case 'wait':
      yield waitForInterrupt;
      return;
    case 'work':
      // A short count: the rest is asked for until there is none.
      do yield work(step[1]);
      while (cpu.hasWorkLeft);
      return;
  }
}

/** Carries out an operation and samples how long it took. */
export function* sampled(cpu: GuestCpu, kind: string, operation: Operation): Program {
  cpu.begin(kind);
  yield operation;
  cpu.end(kind);
}
