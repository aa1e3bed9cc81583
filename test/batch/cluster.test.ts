import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  jobName,
  kubernetesJob,
  slurmArray,
  slurmMerge,
  taskCount,
} from '../../src/batch/cluster.ts';
import { preemptlab } from '../cli/cli.ts';
import { studyFile } from './fixtures.ts';

const JOB = {
  name: 'preemptlab-study',
  program: ['/usr/bin/node', '/opt/it is here/main.js'],
  study: ['study.yaml', '--set', 'machine.costs={profile: zcu102-a53, page: 2us}'],
  out: 'results/study',
  tasks: 8,
};

describe('a study is cut into tasks', () => {
  it('of at least 10 s of work', () => {
    expect(taskCount(9, 100)).toBe(1);
    expect(taskCount(85, 100)).toBe(8);
    expect(taskCount(1e9, 1e6)).toBe(1000);
    expect(taskCount(1e9, 3)).toBe(3);
  });
});

describe('the script of a job array', () => {
  it('runs the shard of its element, in a folder of the attempt', () => {
    // The shell does the quoting and the arithmetic; the program only tells its arguments.
    const script = slurmArray({ ...JOB, program: ['node', '-p', 'JSON.stringify(process.argv)'] });
    const environment = { ...process.env, SLURM_ARRAY_TASK_ID: '7', SLURM_RESTART_COUNT: '1' };
    const run = spawnSync('bash', ['-c', script.replace(' run study', ' -- run study')], {
      env: environment,
      encoding: 'utf8',
    });
    expect(JSON.parse(run.stdout).slice(1)).toEqual([
      'run',
      ...JOB.study,
      '--shard',
      '8/8',
      '--jobs',
      '1',
      '--resume',
      '--quiet',
      '--out',
      'results/study.parts/part-7-1',
    ]);
    expect(slurmArray(JOB)).toContain("'/opt/it is here/main.js'");
  });
});

describe('the manifest of a Kubernetes job', () => {
  it('is an Indexed Job with an index per shard', () => {
    const manifest = parse(kubernetesJob(JOB, 'preemptlab:1.0.0'));
    expect(manifest).toMatchObject({
      apiVersion: 'batch/v1',
      kind: 'Job',
      spec: { completionMode: 'Indexed', completions: 8, parallelism: 8 },
    });
    const { containers, restartPolicy, volumes } = manifest.spec.template.spec;
    expect(restartPolicy).toBe('Never');
    const [{ command, env, image, volumeMounts }] = containers;
    expect(image).toBe('preemptlab:1.0.0');
    expect(command).toContain('auto');
    expect(command.at(-1)).toBe('results/study.parts/part-$(JOB_COMPLETION_INDEX)-$(POD_NAME)');
    expect(env.map(({ name }: { name: string }) => name)).toEqual(['JOB_COMPLETIONS', 'POD_NAME']);
    expect(volumeMounts[0].name).toBe(volumes[0].name);
  });
});

describe('names and paths of any kind', () => {
  it('make valid names of jobs', () => {
    expect(jobName('preemptlab-My study_2')).toBe('preemptlab-my-study-2');
    expect(jobName(`preemptlab-${'x'.repeat(51)}-y`)).toBe(`preemptlab-${'x'.repeat(51)}`);
    for (const text of ['-', 'ä', '--a--', 'x'.repeat(100), 'Ein Test (2)']) {
      expect(jobName(text)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    }
  });

  it('are one word in directives, and no patterns', () => {
    const job = { ...JOB, out: `results/100 %j of "it's"`, account: 'my lab', time: '01:00:00' };
    for (const script of [slurmArray(job), slurmMerge(job)]) {
      const lines = script.split('\n').filter((line) => line.startsWith('#SBATCH'));
      const words = (line: string) =>
        spawnSync('bash', ['-c', `printf '%s\\n' ${line.slice(1)}`], { encoding: 'utf8' }).stdout;
      const output = lines.find((line) => line.includes('--output')) ?? '';
      expect(words(output).split('\n')[1]).toMatch(/^--output=results\/100 %%j of "it's"\.parts\//);
      expect(words(lines.find((line) => line.includes('--account')) ?? '')).toBe(
        'SBATCH\n--account=my lab\n',
      );
      expect(lines).toContain('#SBATCH --time=01:00:00');
      // Slurm ends a word at a space that only has a backslash.
      expect(lines).toContain('#SBATCH --account="my lab"');
      expect(script).not.toContain('--mem');
    }
  });

  it('are not taken for variables by Kubernetes', () => {
    const study = ['study.yaml', '--filter', '$(POD_NAME)'];
    const manifest = parse(kubernetesJob({ ...JOB, study, memory: '2Gi' }, 'preemptlab:1.0.0'));
    const [container] = manifest.spec.template.spec.containers;
    expect(container.command).toContain('$$(POD_NAME)');
    expect(container.resources.requests.memory).toBe('2Gi');
  });
});

describe('preemptlab submit', () => {
  it('--dry-run prints the scripts', async () => {
    const file = studyFile();
    const { status, stdout } = await preemptlab('submit', file, '--engine', 'slurm', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('#SBATCH --array=0-0');
    expect(stdout).toContain('merge');
  });

  it.each([
    [['--engine', 'sge'], /expected slurm or kubernetes/],
    [['--engine', 'slurm', '--tasks', '7'], /expected 1 to 6/],
    [['--engine', 'kubernetes'], /--dry-run/],
    [['--engine', 'slurm', '--out', 'a\nb'], /cannot hold line ends/],
    [
      ['--engine', 'slurm', '--out', 'a\\b'],
      /a\\b: Slurm cannot write into a folder with a backslash/,
    ],
  ])('refuses %j', async (options, message) => {
    const { status, stderr } = await preemptlab('submit', studyFile(), ...options);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
