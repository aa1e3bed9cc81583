import { describe, expect, it } from 'vitest';
import { lines, refuse, unmark } from '../fixtures.ts';

const TOP = 'question: Does it matter?\nreplications: 20\nduration: 1s\n';

describe('mistakes that several parts of a file make together', () => {
  it('a notifier whose target is no sleeper', () => {
    const problems = refuse(
      `${TOP}domains: {n: {vcpus: [{guest: {name: notifier, period: 1ms, target: nobody}}]}}\n`,
    );
    expect(lines(problems)[0]).toContain(
      'domains.n.vcpus.0.guest.target: nobody is no domain whose first vCPU is a sleeper',
    );
  });

  it('an ideal flush without check points whose p2m a sibling could change', () => {
    const problems = refuse(
      `${TOP}domains: {a: {vcpus: [{guest: {name: set-way-flusher, period: 1ms}, count: 2}]}}
machine: {stage2_bits: 40}
policies: {ideal: {before: true, during: immediate}}
`,
    );
    expect(lines(problems)[0]).toContain('domains.a.vcpus: during: immediate');
    expect(lines(problems)[0]).toContain('expected one vCPU, a has 2');
  });

  it.each([
    ['ram: §2TiB', 'memory.ram: memory that begins at 1GiB', '1023GiB'],
    ['[{start: 0, size: 1GiB}, {start: 1TiB, size: §2MiB}]', 'memory.1.size: memory that', '0'],
  ])('memory beyond what the stage-2 table translates: %s', (marked, path, room) => {
    const memory = marked.startsWith('[') ? marked : `{${marked}}`;
    const { text, positions } = unmark(
      `${TOP}machine: {stage2_bits: 40}\ndomains: {a: {memory: ${memory}, vcpus: [{guest: hog}]}}\n`,
    );
    const [problem, ...others] = lines(refuse(text));
    expect(others).toEqual([]);
    expect(problem).toContain(`${positions[0]} domains.a.${path}`);
    expect(problem).toContain(`translates (1TiB): there is room for ${room}`);
  });

  it('programs that name domains which are not there, or not what they need', () => {
    const problems = refuse(
      `${TOP}domains:
  a: {vcpus: [{guest: {name: program, ops: [[run, 1ms], [io, a], [defer, nobody, 1ms], [send, nobody, 0], [send, model, 1], [send, model, 0]]}}]}
  model: {vcpus: [{guest: device-model}]}
`,
    );
    expect(lines(problems)).toHaveLength(4);
    expect(lines(problems)[0]).toContain(
      'domains.a.vcpus.0.guest.ops.1.1: a is no domain whose first vCPU is a device-model',
    );
    expect(lines(problems)[1]).toContain('domains.a.vcpus.0.guest.ops.2.1: nobody is no domain');
    expect(lines(problems)[2]).toContain('domains.a.vcpus.0.guest.ops.3.1: nobody is no domain');
    expect(lines(problems)[3]).toContain('ops.4.2: model has no vCPU 1');
  });
});

describe('keys of a policy that do not go together', () => {
  it('the ideal without check points, and a style that acts at check points', () => {
    for (const style of ['continuation', 'tasklet', 'work-queue', 'no-softirqs']) {
      const problems = refuse(
        `${TOP}domains: {a: {vcpus: [{guest: hog}]}}
policies: {ideal: {before: true, during: immediate, style: ${style}}}
`,
      );
      expect(lines(problems)).toHaveLength(1);
      expect(lines(problems)[0]).toContain('policies.ideal.style: expected in-place');
    }
  });
});

describe('samplings and designs that cannot be', () => {
  const SAMPLED = `${TOP}domains:
  hog: {vcpus: [{guest: hog}]}
  flusher: {vcpus: [{guest: {name: set-way-flusher, period: 40ms}}]}
  fixed: {vcpus: [{guest: {name: periodic-waker, period: 1ms, phase: 2us}}]}
  probe: {vcpus: [{guest: {name: periodic-waker, period: 1ms}}]}
`;
  it.each([
    [
      '{guest: hog, windows: [{from: 0, to: 1us, share: 10%}]}',
      'sampling.guest: hog is no domain whose first vCPU has a phase',
    ],
    [
      '{guest: fixed, windows: [{from: 0, to: 1us, share: 10%}]}',
      'sampling.guest: the phase of fixed is given (2us): only a random one is sampled',
    ],
    [
      '{guest: probe, after: nobody, windows: [{from: 0, to: 1us, share: 10%}]}',
      'sampling.after: nobody is no domain whose first vCPU has a phase',
    ],
    [
      '{guest: probe, after: probe, windows: [{from: 0, to: 1us, share: 10%}]}',
      'sampling.after: a phase is not counted from itself',
    ],
    [
      '{guest: probe, from: 2us, to: 1us, windows: [{from: 0, to: 1us, share: 10%}]}',
      'sampling.to: it is not after from (2us)',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 2ms, share: 10%}]}',
      'sampling.windows.0: a window from 0 to 2ms is no part of 0 to 1ms',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 2us, share: 0%}]}',
      'sampling.windows.0.share: a window has a share above 0%',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 2us, share: 10%}, {from: 1us, to: 3us, share: 10%}]}',
      'sampling.windows.1: the window from 1us to 3us overlaps an earlier one',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 2us, share: 60%}, {from: 2us, to: 3us, share: 50%}]}',
      'sampling.windows: the shares are more than 100% together',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 1ms, share: 60%}]}',
      'sampling.windows: nothing lies outside the windows: their shares must be 100%',
    ],
    [
      '{guest: probe, windows: [{from: 0, to: 1us, share: 100%}]}',
      'sampling.windows: what lies outside the windows needs a share',
    ],
  ])('a sampling that cannot be: %s', (sampling, message) => {
    const problems = lines(refuse(`${SAMPLED}sampling: ${sampling}\n`));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  it('an interaction of factors that there are not', () => {
    const text = `${TOP}domains: {hog: {vcpus: [{guest: hog}]}}
factors: {pcpus: {set: machine.pcpus, levels: [1, 2]}}
design: {name: star, interactions: [[pcpus, pcpu]]}
`;
    const problems = lines(refuse(text));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain('design.interactions.0.1: there is no factor "pcpu"');
  });
});
