import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from './cli/cli.ts';
import { commands, programs } from './commands.ts';

const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination'];
const folder = temporaryFolder();
const packed: { filename: string; version: string; size: number; files: { path: string }[] } =
  JSON.parse(execFileSync('npm', [...pack, folder], { encoding: 'utf8' }))[0];

describe('the package', () => {
  const files = packed.files.map(({ path }) => path);

  it('contains the built program, what it reads, and documents; nothing else', () => {
    const top = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY.md', 'package.json'];
    for (const file of files) {
      if (
        top.includes(file) ||
        /^(docs\/[^/]+\.md|experiments\/((costs|reports)\/)?[^/]+\.yaml|experiments\/schema\.json)$/.test(
          file,
        )
      ) {
        continue;
      }
      const source = file.replace(/^dist\/(.*?)(\.d\.ts|\.js|\.js\.br)$/, 'src/$1.ts');
      expect(source, `${file}: remove dist/ and build`).not.toBe(file);
      expect(existsSync(source), `${file}: remove dist/ and build`).toBe(true);
    }
    for (const name of [
      'dist/cli/main.js',
      'dist/batch/worker.js',
      'experiments/costs/zcu102-a53.yaml',
    ]) {
      expect(files).toContain(name);
    }
    // Nothing large has come in by mistake: of 850 kB 230 are the programs of the lab, which hold the simulator once more.
    expect(packed.size).toBeLessThan(900_000);
  });
});

/** One call of each command that the README does not show, in an order in which each finds what it reads. */
const CELL = 'upstream/base';
const STUDY = 'experiments/dario.yaml';
const SMALL = [STUDY, '--filter', CELL, '--replications', '2'];
const CALLS = [
  ['run', ...SMALL, '--shard', '1/2', '--out', 'part-1', '--quiet'],
  ['run', ...SMALL, '--shard', '2/2', '--out', 'part-2', '--quiet'],
  ['merge', 'part-1', 'part-2', '--out', 'joined'],
  ['report', 'joined'],
  ['submit', ...SMALL, '--engine', 'slurm', '--tasks', '2', '--dry-run'],
  ['submit', ...SMALL, '--engine', 'kubernetes', '--tasks', '2', '--dry-run'],
  ['conform', 'test/conformance/flush'],
  ['init', 'first.yaml'],
  ['check', 'first.yaml'],
  [
    'sensitivity',
    'first.yaml',
    '--replications',
    '2',
    '--trajectories',
    '2',
    '--set',
    'duration=60ms',
  ],
  ['schema'],
];

const EXPORTS = Object.keys(JSON.parse(readFileSync('package.json', 'utf8')).exports);
const TSC = resolve('node_modules/typescript/bin/tsc');

describe('the package, installed in an empty project', () => {
  const project = temporaryFolder();
  const node = (...args: string[]) => spawnSync('node', args, { cwd: project, encoding: 'utf8' });
  // What npx runs.
  const program = join(project, 'node_modules/.bin/preemptlab');
  const preemptlab = (...args: string[]) =>
    spawnSync(program, args, { cwd: project, encoding: 'utf8' });

  beforeAll(() => {
    writeFileSync(join(project, 'package.json'), '{"name": "user", "version": "1.0.0"}');
    const npm = ['install', '--omit=dev', '--prefer-offline', '--ignore-scripts'];
    execFileSync('npm', [...npm, '--no-audit', '--no-fund', join(folder, packed.filename)], {
      cwd: project,
    });
    // The commands of the README name the experiments as a clone has them. Recorded decisions are not in the package.
    symlinkSync('node_modules/preemptlab/experiments', join(project, 'experiments'));
    symlinkSync(resolve('test'), join(project, 'test'));
    mkdirSync(join(project, 'results'));
  });

  it('tells its version', () => {
    expect(preemptlab('--version').stdout).toBe(`${packed.version}\n`);
  });

  it('has every command called here or in the README', () => {
    // Below each heading; what is behind a name may go on in lines of its own.
    const list = preemptlab('--help').stdout;
    const all = [...list.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name);
    const called = [...commands('README.md'), ...CALLS].map(([name]) => name);
    expect(all.length).toBeGreaterThan(5);
    expect([...new Set([...called, 'help'])].sort()).toEqual(all.sort());
  });

  it.each([...commands('README.md'), ...CALLS].map((args) => [args.join(' '), args]))(
    'preemptlab %s',
    (_, args) => {
      const { status, stdout, stderr } = preemptlab(...args);
      expect(status, stderr).toBe(0);
      expect(stderr).not.toMatch(/error/i);
      if (!args.includes('--quiet')) expect(stdout).not.toBe('');
    },
  );

  it('makes results', () => {
    for (const name of ['joined', 'results/mine', 'results/slop']) {
      expect(existsSync(join(project, name, 'manifest.json')), name).toBe(true);
    }
  });

  it.each([...programs('docs/api.md').entries()])(
    'is a library: program %i from 0 of docs/api.md',
    (_, program) => {
      const { status, stderr } = node('--input-type=module', '-e', program);
      expect(stderr).toBe('');
      expect(status).toBe(0);
    },
  );

  it.each(EXPORTS)('has %s, with types', (subpath) => {
    const name = join('preemptlab', subpath);
    const { status, stderr } = node('--input-type=module', '-e', `await import('${name}')`);
    expect(stderr).toBe('');
    expect(status).toBe(0);
    // Were there no types, what is wrong here would not be noticed.
    const program = join(project, 'user.ts');
    writeFileSync(
      program,
      `import * as all from '${name}';\n// @ts-expect-error\nall.nothing();\n`,
    );
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023'];
    expect(node(TSC, ...options, '--skipLibCheck', program).stdout).toBe('');
  });
});

describe('the API', () => {
  it('is documented without a warning', () => {
    const { status, stdout, stderr } = spawnSync(
      'npx',
      ['typedoc', '--out', join(temporaryFolder(), 'api')],
      { encoding: 'utf8' },
    );
    expect(status, stdout + stderr).toBe(0);
  });
});
