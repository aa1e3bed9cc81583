import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './cli/cli.ts';

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly inBundle?: boolean;
  readonly resolved?: string;
  readonly integrity?: string;
}

const lock: { packages: Record<string, Locked> } = JSON.parse(
  readFileSync('package-lock.json', 'utf8'),
);
const locked = Object.entries(lock.packages).filter(([path]) => path !== '');
/** What users get: everything but development tools. */
const runtime = locked.filter(([, { dev, devOptional }]) => !dev && !devOptional);

/** Licences that permit use in any product with no more than a notice. */
const PERMISSIVE = [
  'MIT',
  'ISC',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'Apache-2.0',
  '0BSD',
  'Unlicense',
];

describe('dependencies', () => {
  it('come from a registry, with a checksum', () => {
    for (const [path, { resolved, integrity, inBundle }] of locked) {
      // Part of another package.
      if (inBundle) continue;
      // Without an address it is the registry in use; never a repository or another place.
      expect(resolved ?? '', path).toMatch(/^($|https:\/\/registry\.npmjs\.org\/)/);
      expect(integrity, path).toMatch(/^sha512-/);
    }
  });

  it('need no install scripts at run time', () => {
    expect(runtime.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
  });

  it('have permissive licences, which THIRD-PARTY.md lists', async () => {
    for (const [path, { license }] of runtime) expect(PERMISSIVE, path).toContain(license);
    const rows = runtime.map(([path, { version, license }]) => {
      return `| ${path.replace(/^.*node_modules\//, '')} | ${version} | ${license} |`;
    });
    const text = [
      '# Third-party packages',
      '',
      'What `npm install preemptlab` installs. Made from package-lock.json by `npx vitest run test/packaging.test.ts -u`.',
      '',
      '| package | version | licence |',
      '|---|---|---|',
      ...new Set(rows),
      '',
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../THIRD-PARTY.md');
  });
});

describe('the package', () => {
  const folder = temporaryFolder();
  const packed = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      encoding: 'utf8',
    }),
  )[0];
  const files: string[] = packed.files.map(({ path }: { path: string }) => path);

  it('contains the built program, what it reads, and documents; nothing else', () => {
    const top = ['CHANGELOG.md', 'LICENSE', 'README.md', 'THIRD-PARTY.md', 'package.json'];
    for (const file of files) {
      if (
        top.includes(file) ||
        /^(docs\/[^/]+\.md|experiments\/(costs\/)?[^/]+\.yaml)$/.test(file)
      ) {
        continue;
      }
      const source = file.replace(/^dist\/(.*?)(\.d\.ts|\.js)$/, 'src/$1.ts');
      expect(source, `${file}: remove dist/ and build`).not.toBe(file);
      expect(existsSync(source), `${file}: remove dist/ and build`).toBe(true);
    }
    for (const name of ['dist/cli/main.js', 'dist/batch/worker.js', 'experiments/costs/a53.yaml']) {
      expect(files).toContain(name);
    }
    expect(packed.size).toBeLessThan(600_000);
  });

  it('works when it is installed in an empty project', () => {
    const project = temporaryFolder();
    writeFileSync(join(project, 'package.json'), '{"name": "user", "version": "1.0.0"}');
    const npm = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', [...npm, join(folder, packed.filename)], { cwd: project });
    const run = (...args: string[]) => spawnSync('npx', args, { cwd: project, encoding: 'utf8' });
    expect(run('preemptlab', '--version').stdout).toBe(`${packed.version}\n`);
    const study = join(project, 'node_modules/preemptlab/experiments/dario.yaml');
    const cells = 'upstream/threshold=512/costs=a53/pcpus=1/ratelimit=0';
    const options = ['--filter', cells, '--replications', '2', '--quiet', '--out', 'out'];
    expect(run('preemptlab', 'run', study, ...options)).toMatchObject({ status: 0, stderr: '' });
    expect(existsSync(join(project, 'out', 'manifest.json'))).toBe(true);
    const program = `import { loadExperiment } from 'preemptlab'; console.log(loadExperiment('${study}').ok);`;
    const library = spawnSync('node', ['--input-type=module', '-e', program], {
      cwd: project,
      encoding: 'utf8',
    });
    expect(library.stdout).toBe('true\n');
  }, 120_000);
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
