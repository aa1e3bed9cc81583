import { describe, expect, it } from 'vitest';
import { TraceFacts } from '../../src/traces/trace-facts.ts';

const INFPREV = 0x2800e;
const INFNEXT = 0x2800f;
const LOST = 0x1f001;

/** What is known from records of pCPU 0: when, the event, its words. */
function factsOf(records: readonly (readonly [number, number, readonly number[]])[]): TraceFacts {
  const facts = new TraceFacts();
  for (const [ticks, event, words] of records)
    facts.record({ byte: 0, pcpu: 0, event, ticks, words });
  return facts;
}

/** Switches after these times [ns], between vCPUs that take turns; the TSC has `perNs` ticks. */
function turns(lengths: readonly number[], perNs: number) {
  let [now, vcpu] = [0, 0];
  return [1e6, ...lengths].flatMap((ns) => {
    now += ns;
    const at = Math.round(now * perNs);
    vcpu = 1 - vcpu;
    return [
      [at, INFPREV, [1, 1 - vcpu, ns % 2 ** 32]],
      [at, INFNEXT, [1, vcpu, 0, 0]],
    ] as [number, number, number[]][];
  });
}

describe('the speed of the TSC', () => {
  it('follows from how long vCPUs ran', () => {
    expect(factsOf(turns([5e6, 4e6, 3e6], 2.394_23)).hz).toBe(2.394_23e9);
  });

  it('does from records of old versions, which name the domain alone', () => {
    const old = turns([5e6, 4e6, 3e6], 2.4).map(([at, event, [, vcpu, ...more]]) => {
      return [at, event, [vcpu, ...more]] as const;
    });
    expect(factsOf(old).hz).toBe(2.4e9);
  });

  it('does from stints longer than 32 bits of ns', () => {
    expect(factsOf(turns([5e6, 4e6, 9e9], 3)).hz).toBe(3e9);
  });

  it('does not from those that are not whole', () => {
    const [first, ...rest] = [turns([5e6, 4e6], 1), turns([5e6, 4e6, 6e6], 1)];
    const later = rest[0].map(([at, event, words]) => [at + 1e9, event, words] as const);
    expect(factsOf([...first, ...later]).hz).toBe(1e9);
    expect(factsOf([...first, [1e9, LOST, []], ...later]).hz).toBe(1e9);
  });

  it('is unknown without switches', () => {
    expect(factsOf([]).hz).toBeUndefined();
    expect(factsOf([[5, INFPREV, [1, 0, 500]]]).hz).toBeUndefined();
  });
});

describe('the schedulers', () => {
  it('are those whose records there are, most first', () => {
    const events = [0x22001, 0x22203, 0x22204, 0x22801, 0x22802, 0x22803, 0x22a01, 0x22601];
    const { schedulers } = factsOf(events.map((event) => [1, event, []]));
    expect(schedulers.slice(0, 2)).toEqual(['rtds', 'credit2']);
    expect(schedulers.slice(2).sort()).toEqual(['arinc653', 'credit', 'null']);
  });

  it('are unknown if only the core has traced', () => {
    expect(
      factsOf([
        [1, 0x28004, [1, 0]],
        [2, 0x22400, []],
      ]).schedulers,
    ).toEqual([]);
  });
});
