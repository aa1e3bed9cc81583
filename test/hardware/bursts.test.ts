import { describe, expect, it } from 'vitest';
import { SECOND } from '../../src/engine/time.ts';
import { buildMachine } from '../../src/experiment/build/build.ts';
import { costProfileFiles } from '../../src/experiment/plan/files.ts';
import { readExperiment } from '../../src/experiment/plan/parse.ts';
import { Probe } from '../../src/hypervisor/probe.ts';

/*
 * credit2 without a rate limit and two busy guests: who has just been switched out is ahead of the new one by what the switch
 * itself has cost that one, and preempts it before it has executed an instruction. If every switch takes the same time this
 * goes on for ever. On a real Xen (master, debug, one instruction a nanosecond) it comes in bursts of typically 76 switches.
 */

/** Notes how many switches in a row happened without a guest instruction. */
class Bursts extends Probe {
  readonly lengths: number[] = [];
  private inRow = 0;

  override scheduled(_pcpu: number, prev: unknown, decision: { readonly next: unknown }): void {
    if (decision.next !== prev) this.inRow++;
  }
  override guestEntered(): void {
    if (this.inRow > 1) this.lengths.push(this.inRow);
    this.inRow = 0;
  }
}

function run(profile: string, costs = '') {
  const text = `question: bursts
replications: 1
duration: 1s
machine: { xen: master, scheduler: { name: credit2, ratelimit: 0 }, costs: { profile: ${profile}${costs} } }
domains: { busy: { vcpus: [{ guest: hog, count: 2 }] } }
`;
  const parsed = readExperiment('x.yaml', text, costProfileFiles('/nowhere/x.yaml'), []);
  if (!parsed.ok) throw new Error(parsed.problems[0].message);
  const bursts = new Bursts();
  const { machine } = buildMachine(parsed.experiment.cells[0].setup, 1, 0, bursts);
  machine.run(SECOND);
  const guestTime = machine.vcpus.reduce((sum, vcpu) => sum + vcpu.guestTime, 0);
  return { share: guestTime / SECOND, longest: Math.max(0, ...bursts.lengths) };
}

describe('credit2 without a rate limit, two busy guests', () => {
  it.each(['zcu102-a53', 'm400-xgene', 'rpi4-a72', 'neoverse-n1'])(
    '%s: costs that vary end each burst of switches',
    (profile) => {
      const { share, longest } = run(profile);
      expect(longest).toBeGreaterThan(20);
      expect(share).toBeGreaterThan(0.85);
    },
  );

  it('costs that vary neither by chance nor with what a reset goes over: the pCPU switches for ever', () => {
    expect(run('zcu102-a53', ', spread: false, reset_unit: 0').share).toBeLessThan(0.05);
  });

  it('qemu-icount: the ticks of the counter alone make bursts that last until credit is reset', () => {
    const { share, longest } = run('qemu-icount-master');
    expect(longest).toBeGreaterThan(76);
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.5);
  });
});
