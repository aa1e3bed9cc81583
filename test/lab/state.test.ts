import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fragmentOf,
  inSettingOrder,
  type LabState,
  type LabView,
  viewOf,
  withoutSets,
  withSet,
} from '../../src/lab/state.ts';

const path = fc.stringMatching(/^[a-z]{1,8}(\.[a-z_0-9]{1,8}){1,4}$/);
const state: fc.Arbitrary<LabState> = fc.record(
  {
    experiment: fc.constantFrom('dario', 'atlas'),
    sets: fc.dictionary(path, fc.string({ minLength: 1, unit: 'binary' })),
    policies: fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,9}$/), { minLength: 1 }),
    replications: fc.integer({ min: 1, max: 10_000 }),
    seed: fc.nat(),
  },
  { requiredKeys: ['experiment', 'sets'] },
);

describe('the fragment of an address', () => {
  it('says what is shown, and is read back as that', () => {
    const view = fc.record({
      state,
      against: fc.option(state, { nil: undefined }),
      kind: fc.option(fc.constantFrom('virq', 'virq@waker'), { nil: undefined }),
    });
    fc.assert(
      fc.property(view, (one: LabView) => {
        const fragment = fragmentOf(one, 'dario');
        expect(viewOf(`#${fragment}`, 'dario')).toEqual(one);
        // The sign has no place behind itself, and mail programs end addresses at spaces and brackets.
        expect(fragment).not.toMatch(/[\s#<>"]/);
      }),
    );
  });

  it('can be read by people', () => {
    const view: LabView = {
      state: {
        experiment: 'dario',
        sets: { 'machine.timer_slop': '1us', 'policy.during.threshold': '64' },
        policies: ['upstream', 'never'],
      },
      against: { experiment: 'dario', sets: { 'machine.timer_slop': '50us' } },
      kind: 'virq@sleeper',
    };
    expect(fragmentOf(view, 'dario')).toBe(
      'machine.timer_slop=1us&policy.during.threshold=64&policies=upstream,never&kind=virq@sleeper&vs&machine.timer_slop=50us',
    );
    expect(fragmentOf({ state: { experiment: 'dario', sets: {} } }, 'dario')).toBe('');
  });

  it('may say anything: what makes no sense is passed over', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const { state } = viewOf(text, 'dario');
        expect(typeof state.experiment).toBe('string');
      }),
    );
    const { state } = viewOf('#seed=-1&replications=x&=1&a.b=%zz&machine.pcpus=2', 'dario');
    expect(state).toEqual({ experiment: 'dario', sets: { 'machine.pcpus': '2' } });
  });
});

describe('values of a setting', () => {
  const scheduler: LabState = {
    experiment: 'dario',
    sets: { 'machine.scheduler': 'credit', 'machine.scheduler.ratelimit': '0', duration: '1s' },
  };

  it('are set before their parts', () => {
    const paths = inSettingOrder({ 'a.b.c': '1', 'a.b': '2', a: '3' }).map(([name]) => name);
    expect(paths).toEqual(['a', 'a.b', 'a.b.c']);
  });

  it('go with what replaces or removes what they are part of', () => {
    expect(withSet(scheduler, 'machine.scheduler', 'rtds').sets).toEqual({
      'machine.scheduler': 'rtds',
      duration: '1s',
    });
    expect(withoutSets(scheduler, ['machine.scheduler']).sets).toEqual({ duration: '1s' });
  });
});
