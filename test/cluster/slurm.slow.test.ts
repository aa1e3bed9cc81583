import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { contents, recorded, studyFile, TWO_GUESTS } from '../batch/fixtures.ts';
import { PROGRAM, temporaryFolder } from '../cli/cli.ts';
import { describeWith } from '../tools.ts';
import { Cluster } from './slurm.ts';

const STUDY = `
question: Is the result of a cluster that of one machine?
seed: 5
replications: 8
duration: 60ms
${TWO_GUESTS}
measure: {latencies: [virq, softirq_flush], samples: true}
`;

describeWith('slurm', 'a real Slurm', () => {
  const cluster = new Cluster(temporaryFolder(), ['n1', 'n2', 'n3', 'n4']);
  beforeAll(() => cluster.start());
  afterAll(() => cluster.stop());

  const local = (file: string, ...args: string[]) => {
    const out = join(temporaryFolder(), 'local');
    cluster.run('node', PROGRAM, 'run', file, '--out', out, '--quiet', ...args);
    return contents(out);
  };
  /** Submits, and returns the results folder and the number of the array. */
  const submit = (file: string, out: string, tasks: number, ...args: string[]) => {
    const options = ['--engine', 'slurm', '--tasks', String(tasks), '--out', out, ...args];
    const said = cluster.run('node', PROGRAM, 'submit', file, ...options);
    expect(said).toContain(`submitted ${tasks} tasks`);
    return /as job (\d+),/.exec(said)?.[1] ?? '';
  };
  const idle = () => cluster.until(() => cluster.run('squeue', '-h').trim() === '');

  it('gives the bytes of a local run from an array of 8', async () => {
    const file = studyFile(STUDY);
    const out = join(temporaryFolder(), 'out');
    submit(file, out, 8);
    await idle();
    expect(contents(out)).toEqual(local(file));
    expect(recorded(out)).toHaveLength(16);
  });

  it.each([
    '100 %j of "it\'s" <here>',
    '%A_%a%%',
    '$HOME `id` $(id) ; # & | * ? ~ ! {a,b} [c]',
    ' --wrap=x ',
    '-o',
    'é 漢 🙂',
  ])('takes a folder and an experiment called %j', async (name) => {
    const folder = join(temporaryFolder(), name);
    mkdirSync(folder);
    const file = join(folder, `${name}.yaml`);
    writeFileSync(file, STUDY);
    const out = join(folder, name);
    submit(file, out, 2, '--partition', 'lab', '--time', '00:10:00', '--memory', '300M');
    await idle();
    const said = readdirSync(`${out}.parts`).filter((entry) => /\.(txt|sh)$/.test(entry));
    expect(said.sort()).toEqual([
      expect.stringMatching(/^\d+_0\.txt$/),
      expect.stringMatching(/^\d+_1\.txt$/),
      'array.sh',
      'merge.sh',
      'merge.txt',
    ]);
    expect(contents(out)).toEqual(local(file));
    expect(readdirSync(folder).sort()).toEqual([name, `${name}.parts`, `${name}.yaml`].sort());
  });

  it('tells what a task that failed did not do, and is completed by running it again', async () => {
    const file = studyFile(STUDY);
    const out = join(temporaryFolder(), 'out');
    const parts = `${out}.parts`;
    cluster.run('mkdir', parts);
    // Task 3 cannot write its results.
    writeFileSync(join(parts, 'part-3-0'), '');
    submit(file, out, 8);
    await idle();
    expect(readFileSync(join(parts, 'merge.txt'), 'utf8')).toMatch(/part-3-0/);
    rmSync(join(parts, 'part-3-0'));
    cluster.run('sbatch', join(parts, 'merge.sh'));
    await idle();
    expect(readFileSync(join(parts, 'merge.txt'), 'utf8')).toContain('2 replications missing');
    expect(existsSync(join(out, 'manifest.json'))).toBe(false);
    cluster.run('sbatch', '--array=3', join(parts, 'array.sh'));
    await idle();
    cluster.run('sbatch', join(parts, 'merge.sh'));
    await idle();
    expect(contents(out)).toEqual(local(file));
  });

  it('takes an element that ran twice because its node was lost', async () => {
    // Long enough to lose a node meanwhile.
    const longer = ['--set', 'duration=20s', '--replications', '4'];
    const file = studyFile(STUDY);
    const out = join(temporaryFolder(), 'out');
    const parts = `${out}.parts`;
    const array = submit(file, out, 4, ...longer);
    const running = (node: string) =>
      cluster.run('squeue', '-h', '-t', 'R', '-w', node, '-o', '%K');
    await cluster.until(() => running('n1').trim() !== '');
    const lost = running('n1').trim().split('\n');
    await cluster.until(() => existsSync(join(parts, `part-${lost[0]}-0`, 'journal')));
    cluster.loseNode('n1');
    const state = (task: string) => cluster.run('scontrol', 'show', 'job', `${array}_${task}`);
    for (const task of lost) {
      await cluster.until(() => /Restarts=1/.test(state(task)));
      // Slurm would wait for two minutes.
      cluster.run('scontrol', 'update', `jobid=${array}_${task}`, 'StartTime=now');
    }
    await idle();
    for (const task of lost) {
      for (const attempt of [0, 1]) {
        const records = join(parts, `part-${task}-${attempt}`, 'journal', 'records.jsonl');
        expect(readFileSync(records, 'utf8')).not.toBe('');
      }
    }
    expect(contents(out)).toEqual(local(file, ...longer));
    cluster.startNode('n1');
  });
});
