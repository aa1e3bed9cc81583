import { describe, expect, it } from 'vitest';
import { accept, lines, MINIMAL, refuse } from '../fixtures.ts';

const POLICIES = `${MINIMAL}policies:
  counted: {before: true, during: {threshold: 512}}
  blocks: {before: false, during: {block: 2MiB}}
`;
const policies = (...overrides: string[]) =>
  accept(POLICIES, overrides).cells.map(({ setup }) => setup.policy);

describe('overrides of policies', () => {
  it.each([
    ['style', 'tasklet', 'style'],
    ['lock', 'break', 'lock'],
    ['traps', 'none', 'traps'],
    ['loop', 'vcpu-pcpu', 'loop'],
    ['charge', 'nobody', 'charge'],
  ] as const)('policy.%s sets it in every policy', (key, value, name) => {
    expect(policies(`policy.${key}=${value}`).map((policy) => policy[name])).toEqual([
      value,
      value,
    ]);
  });

  it('policy.deferred_round is a duration', () => {
    const rounds = policies('policy.deferred_round=50us').map(({ deferredRound }) => deferredRound);
    expect(rounds).toEqual([50_000, 50_000]);
  });

  it('policy.during.block concerns policies with that rule only', () => {
    const [counted, blocks] = policies('policy.during.block=1GiB');
    expect(counted.during.kind).toBe('count');
    expect(blocks.during).toEqual({ kind: 'block', order: 18 });
  });

  it('a path that no policy has suggests one', () => {
    const [line] = lines(refuse(POLICIES, ['policy.styl=tasklet']));
    expect(line).toContain('no policy has what the path');
    expect(refuse(POLICIES, ['policy.styl=tasklet'])[0].suggestion).toContain('policy.style');
  });
});
