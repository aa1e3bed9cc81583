import type { ScenarioEvent } from '../../src/conformance/scenario-events.ts';
import { cycle, type ModelVcpu } from './rules.ts';
import type { World } from './world.ts';

const INVALID = -22;
const MISSING = -3;
const UNAVAILABLE = -99;
const AGAIN = -11;

/** Does to the world what an event says. @returns 0, or why not */
export function operate(world: World, event: ScenarioEvent): number {
  if (event.op === 'cpuout') return remove(world, event.cpu);
  if (event.op === 'cpuin') return bring(world, event.cpu);
  if ('v' in event) {
    const vcpu = world.vcpus[event.v];
    return vcpu.exists ? ofVcpu(world, vcpu, event) : MISSING;
  }
  if ('dom' in event) return ofDomain(world, event);
  return world.rules.event?.(event) ?? INVALID;
}

/** A domain with its vCPUs, which belong to pCPUs of the pool in turn as long as its scheduler does not pick others. */
export function create(world: World, dom: number): void {
  const { vcpus } = world.scenario.domains[dom];
  const own = world.vcpus.filter((vcpu) => vcpu.dom === dom);
  const pool = [...world.pool];
  for (const [nth, vcpu] of own.entries()) {
    vcpu.exists = true;
    vcpu.at = nth === 0 ? Math.min(...pool) : cycle(own[nth - 1].at, pool);
    world.rules.insert?.(vcpu);
  }
  world.rules.adjust?.(dom);
  for (const [nth, { hard, soft }] of vcpus.entries()) {
    // One without a pCPU of the pool is refused.
    if (hard?.some((cpu) => world.pool.has(cpu))) bind(world, own[nth], 'hard', hard);
    if (soft !== undefined) bind(world, own[nth], 'soft', soft);
  }
}

function bind(
  world: World,
  vcpu: ModelVcpu,
  which: 'hard' | 'soft',
  cpus: readonly number[],
): void {
  vcpu[which] = new Set(cpus);
  world.move(vcpu);
}

function ofVcpu(
  world: World,
  vcpu: ModelVcpu,
  event: Extract<ScenarioEvent, { v: number }>,
): number {
  switch (event.op) {
    case 'hard':
      if (!event.cpus.some((cpu) => world.pool.has(cpu))) return INVALID;
      bind(world, vcpu, 'hard', event.cpus);
      return 0;
    case 'soft':
      bind(world, vcpu, 'soft', event.cpus);
      return 0;
    case 'vpause':
      vcpu.held++;
      vcpu.pauses++;
      world.pause(vcpu);
      return 0;
    case 'vunpause':
      if (vcpu.held === 0) return INVALID;
      vcpu.held--;
      if (--vcpu.pauses === 0) world.wake(vcpu, 'unpause');
      return 0;
    case 'down':
    case 'blip':
      if (vcpu.down) return 0;
      vcpu.down = true;
      world.sleep(vcpu);
      return event.op === 'down' ? 0 : comeUp(world, vcpu);
    case 'up':
      return vcpu.down ? comeUp(world, vcpu) : 0;
    case 'unblock':
      if (vcpu.blocked) world.ring(vcpu);
      return 0;
    default:
      return world.rules.event?.(event) ?? INVALID;
  }
}

function comeUp(world: World, vcpu: ModelVcpu): number {
  vcpu.down = false;
  world.wake(vcpu, 'up');
  return 0;
}

function ofDomain(world: World, event: Extract<ScenarioEvent, { dom: number }>): number {
  const { op, dom } = event;
  const own = world.vcpus.filter((vcpu) => vcpu.dom === dom);
  if (op === 'create') {
    create(world, dom);
    return 0;
  }
  if (!own[0].exists) return MISSING;
  switch (op) {
    case 'unpause':
      if (world.domainPauses[dom] === 0) return INVALID;
      world.domainPauses[dom]--;
      if (world.domainPauses[dom] === 0) for (const vcpu of own) world.wake(vcpu, 'unpause');
      return 0;
    case 'pause':
    case 'destroy':
      world.domainPauses[dom]++;
      for (const vcpu of own) world.pause(vcpu);
      if (op === 'pause') return 0;
      for (const vcpu of own.reverse()) {
        world.rules.remove?.(vcpu);
        vcpu.exists = false;
      }
      return 0;
    default:
      return world.rules.event?.(event) ?? INVALID;
  }
}

/** Takes a pCPU out of the pool. In 4.12 its scheduler is not told. */
function remove(world: World, cpu: number): number {
  const { pool, known, rules } = world;
  if (world.leaving !== cpu && (world.leaving >= 0 || !pool.has(cpu))) return UNAVAILABLE;
  world.leaving = cpu;
  pool.delete(cpu);
  for (let tries = 0; ; tries++) {
    let stays = false;
    for (const vcpu of world.vcpus.filter(({ exists }) => exists)) {
      const { hard } = vcpu;
      if (hard.has(cpu) && ![...hard].some((one) => pool.has(one))) vcpu.hard = new Set(world.all);
      if (vcpu.at !== cpu) continue;
      world.move(vcpu);
      stays ||= vcpu.at === cpu;
    }
    if (!stays) break;
    if (tries === 10) return AGAIN;
    world.drain();
  }
  world.leaving = -1;
  if (!world.old) {
    known.delete(cpu);
    rules.leave?.(cpu);
  }
  return 0;
}

function bring(world: World, cpu: number): number {
  const { pool, known, rules } = world;
  if (pool.has(cpu) || world.leaving === cpu) return UNAVAILABLE;
  if (!world.old) {
    known.add(cpu);
    rules.enter?.(cpu);
  }
  pool.add(cpu);
  world.raise(cpu);
  return 0;
}
