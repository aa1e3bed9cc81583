import { describe, expect, it } from 'vitest';
import { type ImportChoice, importXentrace } from '../../src/traces/import-xentrace.ts';
import type { Workload } from '../../src/traces/workload.ts';
import { domainName } from '../../src/traces/workload-file.ts';
import { change, file, goesOn, LOST, WRAP, type Written, window } from './xentrace-bytes.ts';

const RUNNING = 0;
const RUNNABLE = 1;
const BLOCKED = 2;
const OFFLINE = 3;

const IDLE = 32767;

/** What comes of a file that is right; a tick is a ns. */
function workloadOf(bytes: Buffer, hz = 1e9): Workload {
  const result = importXentrace(bytes, { hz });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.workload;
}

/** What is wrong with a file. */
function problemsOf(bytes: Buffer): string[] {
  const result = importXentrace(bytes, { hz: 1e9, isStrict: true });
  if (result.ok) throw new Error(`nothing: ${JSON.stringify(result.workload)}`);
  return result.problems.map(({ byte, message }) => `${byte}: ${message}`);
}

/** The operations of each vCPU. */
function opsOf(bytes: Buffer): unknown[] {
  return workloadOf(bytes).vcpus.map(({ ops }) => ops);
}

const run = (length: number) => ({ kind: 'run', length });
const block = (length: number) => ({ kind: 'block', length });
const spin = { kind: 'spin' };

describe('the workload of a trace', () => {
  it('is what vCPUs ran and were blocked, whatever they waited for', () => {
    const { vcpus, pcpus, duration } = workloadOf(
      file(
        goesOn(0, 101, 0, IDLE),
        change(0, 111, 0, OFFLINE, RUNNABLE),
        change(0, 111, 0, RUNNING, RUNNABLE, IDLE),
        change(0, 111, 0, RUNNABLE, RUNNING),
        change(0, 121, 0, RUNNING, RUNNABLE), // preempted
        change(0, 151, 0, RUNNABLE, RUNNING),
        change(0, 156, 0, RUNNING, BLOCKED),
        change(0, 176, 0, BLOCKED, RUNNABLE),
        change(0, 177, 0, RUNNABLE, RUNNING),
        change(0, 180, 0, RUNNING, BLOCKED),
        change(0, 180, 0, RUNNABLE, RUNNING, IDLE),
        goesOn(0, 201, 0, IDLE),
      ),
    );
    expect([pcpus, duration]).toEqual([1, 100]);
    expect(vcpus).toEqual([
      {
        domain: 1,
        life: 1,
        vcpu: 0,
        start: 10,
        ops: [run(15), block(20), run(3)],
        record: {
          ...{ pcpus: [0], migrations: 0, run: 18, waited: 31, runs: 3 },
          ...{ wakeWaits: [0, 1], wakes: [10, 75] },
        },
        sends: [],
        waits: [],
      },
    ]);
  });

  it('counts being paused as being blocked, and joins runs with nothing between', () => {
    const { vcpus } = workloadOf(
      file(
        change(0, 10, 3, BLOCKED, RUNNABLE),
        change(0, 10, 3, RUNNABLE, RUNNING),
        change(0, 20, 3, RUNNING, OFFLINE), // migrates at once
        change(0, 20, 3, OFFLINE, RUNNABLE),
        change(0, 20, 3, RUNNABLE, RUNNING),
        change(0, 30, 3, RUNNING, OFFLINE), // is paused
        change(0, 35, 3, OFFLINE, RUNNABLE),
        change(0, 36, 3, RUNNABLE, RUNNING),
        change(0, 40, 3, RUNNING, BLOCKED),
      ),
    );
    expect(vcpus[0].ops).toEqual([run(20), block(5), run(4)]);
  });

  it('keeps blocks between which nothing ran', () => {
    const { vcpus } = workloadOf(
      file(
        goesOn(0, 1, 3),
        change(0, 11, 3, RUNNING, BLOCKED),
        change(0, 21, 3, BLOCKED, RUNNABLE),
        change(0, 21, 3, RUNNABLE, RUNNING),
        change(0, 21, 3, RUNNING, BLOCKED),
        change(0, 41, 3, BLOCKED, RUNNABLE),
      ),
    );
    // It wants to run as long as before, once it is woken.
    expect(vcpus.map(({ ops }) => ops)).toEqual([[run(10), block(10), block(20), run(10)]]);
  });

  it('has the pCPUs on which a vCPU ran', () => {
    const { vcpus, pcpus, duration } = workloadOf(
      file(
        goesOn(0, 1, 0),
        change(0, 31, 0, RUNNING, RUNNABLE),
        goesOn(0, 32, 5, IDLE - 1),
        goesOn(2, 5, 2, IDLE),
        change(2, 31, 2, RUNNING, RUNNABLE, IDLE),
        change(2, 40, 0, RUNNABLE, RUNNING),
        change(2, 80, 0, RUNNING, BLOCKED),
        goesOn(0, 101, 5, IDLE - 1),
      ),
    );
    expect([pcpus, duration]).toEqual([3, 100]);
    expect(vcpus[0]).toMatchObject({
      ops: [run(70)],
      record: { pcpus: [0, 2], migrations: 1, runs: 2, waited: 9 },
    });
  });

  it('lets who runs to the end run on there, whether or not its pCPU has another record', () => {
    const { vcpus } = workloadOf(
      file(goesOn(0, 1, 0), goesOn(1, 2, 1), goesOn(1, 101, 1), goesOn(2, 3, 2)),
    );
    expect(vcpus.map(({ ops, record }) => [ops, record.run])).toEqual([
      [[spin], 100],
      [[spin], 99],
      [[spin], 98],
    ]);
  });

  it('lets who is about to finish at the end do what it usually does, and who runs longer than ever spin', () => {
    const stints = (last: number) =>
      opsOf(
        file(
          goesOn(0, 1, 0),
          change(0, 11, 0, RUNNING, BLOCKED),
          change(0, 21, 0, BLOCKED, RUNNABLE),
          change(0, 21, 0, RUNNABLE, RUNNING),
          change(0, 41, 0, RUNNING, BLOCKED),
          change(0, 51, 0, BLOCKED, RUNNABLE),
          change(0, 51, 0, RUNNABLE, RUNNING),
          goesOn(0, 51 + last, 0),
        ),
      );
    const before = [run(10), block(10), run(20), block(10)];
    expect(stints(0)).toEqual([[...before, run(15)]]);
    expect(stints(17)).toEqual([[...before, run(17)]]);
    expect(stints(20)).toEqual([[...before, spin]]);
  });

  it('has yields', () => {
    const yields = (tsc: number): Written => ({ cpu: 0, tsc, event: 0x28005, words: [1, 0] });
    const bytes = file(
      goesOn(0, 1, 0),
      yields(11),
      change(0, 12, 0, RUNNING, RUNNABLE),
      yields(15), // not while it waits
      change(0, 21, 0, RUNNABLE, RUNNING),
      yields(31),
      change(0, 41, 0, RUNNING, BLOCKED),
    );
    const yielded = { kind: 'yield' };
    expect(opsOf(bytes)).toEqual([[run(10), yielded, run(11), yielded, run(10)]]);
  });

  it('takes a scheduler moving a vCPU to another pCPU for a wait, and a pause for a block', () => {
    const moved = (...sleep: Written[]) =>
      workloadOf(
        file(
          goesOn(0, 1, 0),
          ...sleep,
          change(0, 11, 0, RUNNING, OFFLINE),
          change(0, 25, 0, OFFLINE, RUNNABLE),
          change(1, 26, 0, RUNNABLE, RUNNING),
          change(1, 41, 0, RUNNING, BLOCKED),
        ),
      ).vcpus[0];
    const sleep = { cpu: 0, tsc: 9, event: 0x28003, words: [1, 0] };
    expect(moved().ops).toEqual([run(25)]);
    expect(moved().record).toMatchObject({ waited: 15, wakeWaits: [], migrations: 1 });
    expect(moved(sleep).ops).toEqual([run(10), block(14), run(15)]);
    expect(moved(sleep).record).toMatchObject({ waited: 1, wakeWaits: [1], migrations: 1 });
  });

  it('takes records of several windows by their TSC, at equal ones first those of the pCPU it is at', () => {
    const { vcpus } = workloadOf(
      file(
        goesOn(0, 1, 0),
        goesOn(1, 1, 1),
        change(0, 11, 0, RUNNING, RUNNABLE),
        change(0, 12, 2, OFFLINE, RUNNABLE),
        change(0, 12, 2, RUNNABLE, RUNNING),
        change(1, 11, 1, RUNNING, BLOCKED),
        change(1, 13, 0, RUNNABLE, RUNNING),
        goesOn(1, 20, 0),
        goesOn(0, 20, 2),
      ),
    );
    expect(vcpus.map(({ vcpu, record }) => [vcpu, record.pcpus, record.run])).toEqual([
      [0, [0, 1], 17],
      [1, [1], 10],
      [2, [0], 8],
    ]);
  });

  it('has times in ns, rounded down, exact for long traces and 64-bit counters', () => {
    const first = 2 ** 53 - 1;
    const second = first + 48;
    const records = [
      change(0, first, 0, BLOCKED, RUNNABLE),
      change(0, second, 0, RUNNABLE, RUNNING),
    ];
    const bytes = file(...records, change(0, second + 40, 0, RUNNING, BLOCKED));
    expect(workloadOf(bytes, 16e9).vcpus[0]).toMatchObject({ start: 0, ops: [run(2)] });
    expect(workloadOf(bytes, 3e9).duration).toBe(29);
  });

  it('skips what is not about runstates, and padding', () => {
    const padding = Array.from(
      { length: 100_000 },
      (): Written => ({ cpu: 0, tsc: undefined, event: WRAP }),
    );
    const { vcpus } = workloadOf(
      file(
        ...padding,
        goesOn(0, 1, 0),
        { cpu: 0, tsc: 5, event: 0x28003, words: [1, 0] },
        { cpu: 0, tsc: undefined, event: 0x8f001, words: [1, 2, 3, 4, 5, 6, 7] },
        change(0, 11, 0, RUNNING, BLOCKED),
      ),
    );
    expect(vcpus[0].ops).toEqual([run(10)]);
  });

  it('ends where the file was cut off', () => {
    const whole = file(
      goesOn(0, 1, 0),
      change(0, 11, 0, RUNNING, RUNNABLE),
      change(0, 15, 0, RUNNABLE, RUNNING),
    );
    for (const missing of [1, 4, 8, 15]) {
      const { vcpus } = workloadOf(whole.subarray(0, whole.length - missing));
      expect([vcpus[0].ops, vcpus[0].record.run]).toEqual([[spin], 10]);
    }
  });
});

describe('a part of a trace', () => {
  const bytes = file(
    goesOn(0, 1, 0, IDLE),
    change(0, 1, 0, BLOCKED, RUNNABLE),
    change(0, 1, 0, RUNNING, RUNNABLE, IDLE),
    change(0, 1, 0, RUNNABLE, RUNNING),
    change(0, 31, 0, RUNNING, BLOCKED),
    change(0, 31, 1, BLOCKED, RUNNABLE, 2),
    change(0, 32, 1, RUNNABLE, RUNNING, 2),
    change(0, 61, 0, BLOCKED, RUNNABLE),
    change(0, 71, 1, RUNNING, RUNNABLE, 2),
    change(0, 71, 0, RUNNABLE, RUNNING),
    change(0, 91, 0, RUNNING, BLOCKED),
    change(0, 91, 1, RUNNABLE, RUNNING, 2),
    goesOn(0, 101, 1, 2),
  );
  const part = (choice: ImportChoice) => {
    const result = importXentrace(bytes, { hz: 1e9, ...choice });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    const { duration, vcpus } = result.workload;
    return { duration, vcpus: vcpus.map(({ domain, start, ops }) => [domain, start, ops]) };
  };

  it('begins in the states that the records before have made, and ends where it is to', () => {
    expect(part({ from: 20, length: 55 })).toEqual({
      duration: 55,
      vcpus: [
        [1, 0, [run(10), block(30), run(10)]],
        [2, 10, [spin]],
      ],
    });
    expect(part({ from: 65 }).vcpus).toEqual([
      [1, 0, [run(20)]],
      [2, 0, [spin]],
    ]);
  });

  it('is the whole if it is longer', () => {
    expect(part({ from: 0, length: 1000 })).toEqual(part({}));
  });

  it('has some domains only', () => {
    expect(part({ domains: [2] }).vcpus).toEqual(part({}).vcpus.slice(1));
    expect(importXentrace(bytes, { hz: 1e9, domains: [2, 7] })).toEqual({
      ok: false,
      problems: [{ byte: 0, message: 'there is no domain 7: it has 1, 2' }],
    });
  });

  it('has the losses, and the doubts, of before', () => {
    const lost: Written = { cpu: 0, tsc: 50, event: LOST, words: [3, 0, 21, 0] };
    const told = importXentrace(file(goesOn(0, 1, 0), lost, change(0, 91, 0, BLOCKED, RUNNABLE)), {
      hz: 1e9,
      from: 30,
    });
    expect(told).toMatchObject({ ok: true, workload: { duration: 60, lostRecords: 3 } });
  });

  it('cannot begin after the end', () => {
    expect(importXentrace(bytes, { hz: 1e9, from: 150 })).toEqual({
      ok: false,
      problems: [
        {
          byte: 0,
          message: 'it ends 50ns before the part that was asked for, which is to begin at 150ns',
        },
      ],
    });
  });
});

describe('a domain id that is used again', () => {
  const dom = (tsc: number, event: number): Written => ({ cpu: 0, tsc, event, words: [1] });

  it('is that of another domain, as DOM_ADD and DOM_REM say', () => {
    const { vcpus } = workloadOf(
      file(
        dom(1, 0x28001),
        goesOn(0, 1, 0),
        change(0, 11, 0, RUNNING, OFFLINE),
        dom(21, 0x28002),
        dom(31, 0x28001),
        change(0, 41, 0, OFFLINE, RUNNABLE),
        change(0, 41, 0, RUNNABLE, RUNNING),
        goesOn(0, 61, 0),
        dom(71, 0x28001), // the end of the second one was lost
        change(0, 81, 0, BLOCKED, RUNNABLE),
        change(0, 85, 0, RUNNABLE, RUNNING),
        change(0, 91, 0, RUNNING, BLOCKED),
      ),
    );
    expect(vcpus.map(({ domain, life, start, ops }) => [domain, life, start, ops])).toEqual([
      [1, 1, 0, [run(10)]],
      [1, 2, 40, [run(30)]],
      [1, 3, 80, [run(6)]],
    ]);
    expect(vcpus.map(domainName)).toEqual(['d1', 'd1_2', 'd1_3']);
  });
});

describe('a record before the first TSC of its pCPU', () => {
  it('is left out, and counted', () => {
    const undated = { ...goesOn(0, 1, 7), tsc: undefined };
    const { vcpus, contradictions } = workloadOf(
      window(0, [undated, undated, goesOn(0, 1, 0), goesOn(0, 9, 0)]),
    );
    expect([vcpus.map(({ vcpu }) => vcpu), contradictions]).toEqual([[0], 2]);
  });
});

describe('records that say nothing', () => {
  it('are left out, and counted', () => {
    const { vcpus, contradictions } = workloadOf(
      file(
        goesOn(0, 1, 0),
        { cpu: 0, tsc: 2, event: LOST, words: [1] },
        { cpu: 0, tsc: 3, event: 0x21002 },
        change(0, 4, 0, 0, 5),
        goesOn(0, 5, 0, 40000),
        change(0, 11, 0, RUNNING, BLOCKED),
      ),
    );
    expect([vcpus.map(({ ops }) => ops), contradictions]).toEqual([[[run(10)]], 4]);
  });
});

describe('a TSC that goes back', () => {
  it('stands still, and is counted', () => {
    const { vcpus, contradictions } = workloadOf(
      window(0, [goesOn(0, 1, 0), goesOn(0, 51, 0), change(0, 49, 0, RUNNING, BLOCKED)]),
    );
    expect([vcpus[0].ops, contradictions]).toEqual([[run(50)], 1]);
  });
});

describe('lost records', () => {
  const lost = (cpu: number, tsc: number, count: number, first: number): Written => ({
    cpu,
    tsc,
    event: LOST,
    words: [count, 0, first, 0],
  });

  it('leave states in doubt from the first one lost, also on other pCPUs', () => {
    const { vcpus, lostRecords } = workloadOf(
      file(
        goesOn(0, 1, 0),
        change(0, 6, 1, BLOCKED, RUNNABLE),
        lost(0, 101, 7, 21),
        change(0, 111, 0, BLOCKED, RUNNABLE), // it must have blocked meanwhile
        goesOn(1, 2, 1, IDLE),
        change(1, 41, 1, RUNNING, RUNNABLE, IDLE),
        change(1, 41, 1, RUNNABLE, RUNNING),
        change(1, 51, 1, RUNNING, BLOCKED),
        change(1, 61, 1, RUNNABLE, RUNNING), // its wake was lost
        goesOn(1, 121, 1),
      ),
    );
    expect(lostRecords).toBe(7);
    expect(vcpus.map(({ vcpu, ops }) => [vcpu, ops])).toEqual([
      [0, [run(20), block(90), run(20)]], // and wants to run as it did before
      [1, [spin]],
    ]);
  });

  it('may have been the switch to another vCPU', () => {
    const { vcpus } = workloadOf(
      file(
        goesOn(0, 1, 0),
        lost(0, 21, 2, 11),
        goesOn(0, 31, 1),
        change(0, 41, 1, RUNNING, BLOCKED),
      ),
    );
    expect(vcpus.map(({ vcpu, ops }) => [vcpu, ops])).toEqual([
      [0, [spin]],
      [1, [run(40)]],
    ]);
  });

  it('are cleared up by what the next switch says about both vCPUs', () => {
    const words = { prev: [1, 1, 1000], next: [1, 0, 900, 30_000_000] };
    const { vcpus } = workloadOf(
      file(
        goesOn(0, 1, 0),
        change(0, 1001, 1, BLOCKED, RUNNABLE),
        change(0, 2001, 0, RUNNING, RUNNABLE),
        change(0, 2001, 1, RUNNABLE, RUNNING),
        change(0, 2501, 1, RUNNING, BLOCKED),
        change(0, 2501, 0, RUNNABLE, RUNNING),
        lost(0, 90_001, 7, 3001),
        { cpu: 0, tsc: 90_001, event: 0x2800e, words: words.prev },
        { cpu: 0, tsc: 90_001, event: 0x2800f, words: words.next },
        change(0, 90_011, 1, RUNNING, BLOCKED),
        change(0, 90_011, 0, RUNNABLE, RUNNING),
        change(0, 90_101, 0, RUNNING, BLOCKED),
      ),
    );
    // It was blocked until it ran, and the other one ran until then.
    expect(vcpus.map(({ ops, record }) => [ops, record.run])).toEqual([
      [[run(88_590)], 88_590],
      [[run(500), block(86_500), run(1010)], 1510],
    ]);
  });

  it('excuse nothing that comes later', () => {
    const bytes = file(
      goesOn(0, 1, 0),
      lost(0, 21, 2, 11),
      change(0, 31, 0, RUNNING, BLOCKED),
      change(0, 41, 0, RUNNABLE, RUNNING),
    );
    expect(problemsOf(bytes)).toEqual(['72: vCPU d1v0 is said to be runnable, but it was blocked']);
  });
});

describe('a file that is wrong', () => {
  const good = goesOn(0, 1, 0);

  it.each<[string, Buffer, string[]]>([
    ['is empty', Buffer.alloc(0), ['0: the file is empty']],
    [
      'is something else',
      Buffer.from('question: why?\n'),
      ['0: this is no xentrace file: it does not begin with a TRACE_CPU_CHANGE record'],
    ],
    [
      'is shorter than a head',
      Buffer.from('abc'),
      ['0: this is no xentrace file: it does not begin with a TRACE_CPU_CHANGE record'],
    ],
    [
      'has rubbish behind a window',
      Buffer.concat([file(good), Buffer.alloc(20, 0xee)]),
      ['28: a window ends here, but what follows does not begin with a TRACE_CPU_CHANGE record'],
    ],
    [
      'has a pCPU that cannot be',
      window(256, [{ ...good, cpu: 256 }]),
      ['4: there is no pCPU 256: allowed are 0 to 255'],
    ],
    [
      'has a record that goes on behind its window',
      Buffer.concat([window(0, [good, change(0, 2, 0, 0, 1)], -4), file(goesOn(1, 2, 9))]),
      [
        '28: a record goes on behind its window, which ends at 40',
        '40: a window ends here, but what follows does not begin with a TRACE_CPU_CHANGE record',
      ],
    ],
    [
      'has no record where one should be',
      window(0, [good, { cpu: 0, tsc: 2, event: 0x3f001 }]),
      ['28: this is no record: its event has not exactly one class (0x3f001)'],
    ],
    [
      'has a window in a window',
      window(0, [good, { cpu: 0, tsc: undefined, event: 0x1f003, words: [0, 0] }]),
      ['28: a TRACE_CPU_CHANGE record is inside a window (0x1f003)'],
    ],
    [
      'begins without a TSC',
      window(0, [{ ...good, tsc: undefined }]),
      ['12: a record without TSC is the first of pCPU 0'],
    ],
    [
      'goes back in time',
      window(0, [goesOn(0, 50, 0), goesOn(0, 49, 0)]),
      ['32: the TSC of pCPU 0 goes back'],
    ],
    [
      'has a runstate that does not exist',
      file(good, change(0, 3, 0, 0, 5)),
      ['28: there is no runstate 5'],
    ],
    [
      'names no vCPU',
      file({ cpu: 0, tsc: 1, event: 0x21002 }),
      ['12: the record does not say which vCPU it is about'],
    ],
    ['has a domain that cannot be', file(goesOn(0, 1, 0, 40000)), ['12: there is no domain 40000']],
    [
      'contradicts itself',
      file(good, change(0, 5, 0, BLOCKED, RUNNABLE), goesOn(0, 6, 7), goesOn(1, 7, 0)),
      [
        '28: vCPU d1v0 is said to be blocked, but it was running',
        '44: vCPU d1v7 runs here, but vCPU d1v0 has not stopped',
        '72: vCPU d1v0 is said to be here, but it runs on pCPU 0',
      ],
    ],
    [
      'stops a vCPU where it is not',
      file(good, goesOn(1, 2, 0, IDLE), change(1, 7, 0, RUNNING, BLOCKED)),
      ['56: vCPU d1v0 is said to be here, but it runs on pCPU 0'],
    ],
    [
      'has a loss without its words',
      file(good, { cpu: 0, tsc: 4, event: LOST, words: [1] }),
      ['28: LOST_RECORDS has 4 words, not 1'],
    ],
    [
      'has nothing that runs',
      file(goesOn(0, 1, 0, IDLE)),
      ['0: there is nothing to replay: no vCPU runs in this trace (is class 0x21000 on?)'],
    ],
    [
      'is too long to be true',
      file(good, { ...goesOn(0, 2 ** 52, 0) }),
      ['0: it lasts 4503599.627370495 s: is this the speed of its TSC?'],
    ],
  ])('%s', (_, bytes, problems) => {
    expect(problemsOf(bytes)).toEqual(problems);
  });

  it('has more vCPUs than an experiment can have', () => {
    const many = Array.from({ length: 4400 }, (_, i) => change(0, 2, i, OFFLINE, RUNNABLE));
    expect(problemsOf(file(goesOn(0, 1, 0, IDLE), ...many))[0]).toMatch(
      /^\d+: there are more than 4096 vCPUs$/,
    );
  });

  it('has at most 20 problems told', () => {
    const bad = Array.from({ length: 100 }, (_, i) => change(0, 2 + i, 0, BLOCKED, RUNNABLE));
    expect(problemsOf(file(good, ...bad)).length).toBe(20);
  });
});
