import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

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
      'What `npm install preemptlab` installs. Made from package-lock.json by `npx vitest run test/dependencies.test.ts -u`.',
      '',
      '| package | version | licence |',
      '|---|---|---|',
      ...new Set(rows),
      '',
    ].join('\n');
    await expect(text).toMatchFileSnapshot('../THIRD-PARTY.md');
  });
});
