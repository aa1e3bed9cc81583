import { describe, expect, it } from 'vitest';
import { Lab, SettingError } from '../../src/lab/machine/lab.ts';
import { settingOf } from '../../src/lab/setting.ts';
import { experimentFiles } from '../shipped.ts';
import { sourceOf } from './lab-source.ts';

const DARIO = sourceOf('experiments/dario.yaml');
const controlsOf = (sets: Record<string, string>) =>
  new Lab(DARIO).begin({ state: { experiment: 'dario', sets } }).shown().controls;

function overridesOf(sets: Record<string, string>): readonly string[] {
  const found = settingOf(DARIO, { experiment: 'dario', sets });
  if (!found.ok) throw new Error(found.message);
  return found.setting.overrides;
}

describe('a setting', () => {
  it.each(experimentFiles())('%s can be opened: a cell for each policy', (file) => {
    const source = sourceOf(file);
    const found = settingOf(source, { experiment: source.experiments[0].name, sets: {} });
    expect(found.ok ? '' : found.message).toBe('');
    if (!found.ok) return;
    const { experiment } = found.setting;
    expect(experiment.cells.map(({ id }) => id)).toEqual(experiment.policies);
    expect(experiment.replications).toBeLessThanOrEqual(32);
  });

  it('is the first level of each factor, less what is set', () => {
    expect(overridesOf({})).toContain('machine.scheduler.ratelimit=1ms');
    expect(overridesOf({ 'machine.scheduler': 'rtds' })).not.toContain(
      'machine.scheduler.ratelimit=1ms',
    );
  });

  it('that is wrong is refused as the command line refuses it', () => {
    const wrong = { experiment: 'dario', sets: { 'machine.pcpus': '0', 'machine.pcpu': '2' } };
    const lab = new Lab(DARIO);
    expect(() => lab.begin({ state: wrong })).toThrow(SettingError);
    expect(() => lab.begin({ state: wrong })).toThrow(/did you mean/);
  });
});

describe('controls', () => {
  const all = controlsOf({});
  const ids = all.map(({ id }) => id);

  it('are what the question is about', () => {
    expect(ids).toEqual(
      expect.arrayContaining([
        'policy.during.threshold',
        'machine.costs.handle_set_way',
        'machine.costs.page',
        'domains.flusher.memory.ram',
        'machine.pcpus',
        'machine.scheduler',
        'machine.scheduler.ratelimit',
        'machine.timer_slop',
        'domains.flusher.vcpus.0.guest.period',
        'domains.sleeper.vcpus.0.guest.mean',
      ]),
    );
  });

  it('show the present value, which is one of their choices', () => {
    for (const { id, value, choices } of all)
      expect([id, choices.map(({ text }) => text)]).toEqual([id, expect.arrayContaining([value])]);
    const moved = controlsOf({ 'machine.timer_slop': '1us' });
    expect(moved.find(({ id }) => id === 'machine.timer_slop')?.value).toBe('1us');
  });

  it.each(all.map(({ id, choices }) => [id, choices] as const))(
    '%s can be all it offers',
    (_, choices) => {
      // Of many the ends and the middle.
      const tried = choices.filter(
        (_, i) => choices.length < 10 || i % Math.floor((choices.length - 1) / 2) === 0,
      );
      const wrong = [...tried, ...choices.slice(-1)].flatMap(({ text, sets }) => {
        const found = settingOf(DARIO, { experiment: 'dario', sets });
        // Under null each vCPU needs a pCPU of its own: more than one is to be chosen first.
        return found.ok || text === '"null"' ? [] : [`${text}: ${found.message}`];
      });
      expect(wrong).toEqual([]);
    },
  );

  it('levels of factors are shown by what they set', () => {
    const levels = all.find(({ id }) => id === 'xen');
    const credit = levels?.choices.find(({ text }) => text === 'master-credit');
    expect(levels?.value).toBe('4.12-credit2');
    const chosen = controlsOf({ ...credit?.sets });
    expect(chosen.find(({ id }) => id === 'xen')?.value).toBe('master-credit');
    expect(chosen.find(({ id }) => id === 'machine.scheduler')?.value).toBe('credit');
  });
});
