import { type Duration, MS, NEVER, SECOND } from '../engine/time.ts';
import { GFNS_PER_BLOCK } from './blocks.ts';
import type { CacheGeometry } from './cache-geometry.ts';
import {
  armTimer,
  block,
  caches,
  cpuOff,
  cpuOn,
  type GuestCpu,
  type Program,
  run,
  sendSgi,
  setWay,
  touch,
  vmRegister,
  waitForInterrupt,
} from './program.ts';
import { sampled } from './program-steps.ts';

/** What happens after the boot, in the order given. */
export type Linux32Event = 'hotplug' | 'suspend' | 'kexec';

/** How a 32-bit Linux behaves. */
export interface Linux32Setup {
  readonly cache: CacheGeometry;
  /** CPU time of the decompressor, and of the kernel before it brings up other CPUs [ns]. */
  readonly decompress: Duration;
  readonly init: Duration;
  /** Memory it writes to while it decompresses and initialises: 2 MiB blocks from `firstGfn` on. */
  readonly firstGfn: number;
  readonly blocks: number;
  readonly events: readonly Linux32Event[];
}

/** How long the boot CPU waits for another CPU to come online (arch/arm/kernel/smp.c: 1000 ms). */
export const BRING_UP_TIMEOUT = SECOND;

/** TTBR0, TTBR1, TTBCR, DACR, PRRR and NMRR are written before the MMU is turned on. */
const VM_REGISTERS = 6;
/** How long it sleeps in a suspend, and waits for CPUs that go down [ns]. */
const SLEEP = 100 * MS;

/**
 * A 32-bit Linux of 2018, as far as its caches go: a zImage whose decompressor runs with the caches on and cleans them
 * before it turns them off, a kernel that invalidates L1 and turns them on, and CPUs that do the same when they are
 * brought up. Its CPUs are the vCPUs of a domain from number `firstVcpu` on; the first one boots, the others are
 * down until it starts them.
 */
export class Linux32 {
  private readonly setup: Linux32Setup;
  private readonly firstVcpu: number;
  private readonly online: boolean[];

  constructor(setup: Linux32Setup, firstVcpu: number, vcpuCount: number) {
    this.setup = setup;
    this.firstVcpu = firstVcpu;
    this.online = new Array<boolean>(vcpuCount).fill(false);
  }

  /** The boot CPU. Samples: `boot`, `bring_up` (each CPU), `batch`, `toggle`. */
  *bootCpu(cpu: GuestCpu): Program {
    yield* this.boot(cpu);
    for (const event of this.setup.events) {
      yield* this.takeDown();
      if (event === 'suspend') yield* this.suspend(cpu);
      if (event === 'kexec') yield* this.kexec(cpu);
      else yield* this.bringUpAll(cpu);
    }
    for (;;) {
      yield waitForInterrupt;
      cpu.acknowledge();
    }
  }

  /** Every other CPU: it comes up, is idle, goes down when it is told to, and comes up again when it is started. */
  *secondaryCpu(cpu: GuestCpu, index: number): Program {
    for (;;) {
      yield* this.cachesOnFromReset(cpu);
      this.online[index] = true;
      yield sendSgi(this.firstVcpu);
      while (this.online[index]) {
        yield waitForInterrupt;
        cpu.acknowledge();
      }
      // v7_exit_coherency_flush: to the level of unification, with the caches on.
      yield* sampled(cpu, 'batch', setWay(this.setup.cache.l1));
      yield cpuOff;
    }
  }

  private *boot(cpu: GuestCpu): Program {
    const { cache, decompress, init, firstGfn, blocks } = this.setup;
    cpu.begin('boot');
    // The decompressor's cache_on.
    yield caches(true);
    for (let i = 0; i < blocks; i++) yield touch(firstGfn + i * GFNS_PER_BLOCK);
    yield run(decompress);
    yield* sampled(cpu, 'batch', setWay(cache.all));
    yield* sampled(cpu, 'toggle', caches(false));
    yield* sampled(cpu, 'batch', setWay(cache.all));
    yield* this.cachesOnFromReset(cpu);
    for (let i = 0; i < blocks; i++) yield touch(firstGfn + i * GFNS_PER_BLOCK);
    yield run(init);
    yield* this.bringUpAll(cpu);
    cpu.end('boot');
  }

  /** __v7_setup: L1 holds nothing of worth, the MMU and the caches go on. */
  private *cachesOnFromReset(cpu: GuestCpu): Program {
    yield* sampled(cpu, 'batch', setWay(this.setup.cache.l1));
    for (let i = 0; i < VM_REGISTERS; i++) yield vmRegister;
    yield* sampled(cpu, 'toggle', caches(true));
  }

  private *bringUpAll(cpu: GuestCpu): Program {
    for (let index = 1; index < this.online.length; index++) yield* this.bringUp(cpu, index);
  }

  /** __cpu_up: starts a CPU and sleeps until it says that it is online, or the time is out. */
  private *bringUp(cpu: GuestCpu, index: number): Program {
    const start = cpu.now;
    cpu.begin('bring_up');
    cpu.count('bring_ups');
    yield cpuOn(this.firstVcpu + index);
    while (!this.online[index] && cpu.now < start + BRING_UP_TIMEOUT) {
      yield armTimer(start + BRING_UP_TIMEOUT);
      yield waitForInterrupt;
      cpu.acknowledge();
    }
    yield armTimer(NEVER);
    if (this.online[index]) return cpu.end('bring_up');
    cpu.giveUp('bring_up');
    cpu.count('bring_up_timeouts');
  }

  /** Takes all other CPUs down; those that never came online in time are left alone. */
  private *takeDown(): Program {
    for (let index = 1; index < this.online.length; index++) {
      if (!this.online[index]) continue;
      this.online[index] = false;
      yield sendSgi(this.firstVcpu + index);
    }
    // Nobody tells when they are down.
    yield block(SLEEP);
  }

  /** PSCI CPU_SUSPEND is a sleep in which nothing is lost: the CPU runs on, with the next context switch. */
  private *suspend(cpu: GuestCpu): Program {
    yield* sampled(cpu, 'batch', setWay(this.setup.cache.l1));
    yield block(SLEEP);
    yield vmRegister;
  }

  private *kexec(cpu: GuestCpu): Program {
    const { cache } = this.setup;
    yield* sampled(cpu, 'batch', setWay(cache.all));
    yield* sampled(cpu, 'toggle', caches(false));
    yield* sampled(cpu, 'batch', setWay(cache.all));
    yield* this.boot(cpu);
  }
}
