import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** Programs besides Node.js that some tests need. */
export type Tool = keyof typeof TOOLS;

interface Needed {
  /** All of them have to be there; the first is what `findTool` gives. */
  readonly programs: readonly [string, ...string[]];
  /** Variable that may name the first program. */
  readonly variable?: string;
  /** What the first program has to import, for an interpreter of Python. */
  readonly imports?: string;
  /** How to get it on Debian. */
  readonly packages: string;
}

const TOOLS = {
  chromium: {
    programs: ['chromium'],
    variable: 'PREEMPTLAB_CHROMIUM',
    packages: 'chromium',
  },
  scipy: {
    programs: ['python3'],
    variable: 'PREEMPTLAB_PYTHON',
    imports: 'numpy, scipy',
    packages: 'python3-scipy',
  },
  pandas: {
    programs: ['python3'],
    variable: 'PREEMPTLAB_PYTHON',
    imports: 'pandas',
    packages: 'python3-pandas',
  },
  r: {
    programs: ['Rscript'],
    packages: 'r-base-core',
  },
  duckdb: {
    programs: ['duckdb'],
    variable: 'PREEMPTLAB_DUCKDB',
    packages:
      'npm; then npm install --prefix FOLDER @duckdb/node-api, and PREEMPTLAB_DUCKDB=FOLDER',
  },
  namespaces: {
    programs: ['unshare', 'setpriv', 'mount'],
    packages: 'util-linux mount',
  },
  slurm: {
    programs: ['slurmctld', 'slurmd', 'sbatch', 'munged'],
    packages: 'munge slurm-wlm slurmctld slurmd slurm-client',
  },
  xenalyze: {
    programs: ['xenalyze'],
    variable: 'PREEMPTLAB_XENALYZE',
    packages: 'xen-utils-common',
  },
} as const satisfies Record<string, Needed>;

/** Where programs are: the PATH, where services are kept, and what an installed Xen has beside it. */
function folders(): string[] {
  const xen = existsSync('/usr/lib')
    ? readdirSync('/usr/lib').filter((name) => name.startsWith('xen-'))
    : [];
  return [
    ...(process.env.PATH ?? '').split(delimiter),
    '/usr/sbin',
    ...xen.map((name) => join('/usr/lib', name, 'bin')),
  ];
}

function hasModules(python: string, modules: string): boolean {
  return spawnSync(python, ['-c', `import ${modules}`]).status === 0;
}

/**
 * The program of a tool; undefined: it, or another one that belongs to it, is not there.
 * @throws if its variable names what does not exist
 */
export function findTool(tool: Tool): string | undefined {
  const { programs, variable, imports }: Needed = TOOLS[tool];
  const given = variable === undefined ? undefined : process.env[variable];
  if (given !== undefined && given !== '') {
    if (!existsSync(given)) throw new Error(`${variable} is ${given}, which does not exist`);
    return given;
  }
  const found = programs.map((program) =>
    folders()
      .map((folder) => join(folder, program))
      .find((path) => existsSync(path) && (imports === undefined || hasModules(path, imports))),
  );
  return found.includes(undefined) ? undefined : found[0];
}

/**
 * Tests that need a tool, which are given its program. Without it they are skipped, and a line says how to get it;
 * with PREEMPTLAB_TOOLS=required, which .ci/run sets, they fail.
 */
export function describeWith(tool: Tool, name: string, tests: (program: string) => void): void {
  const program = findTool(tool);
  if (program !== undefined) {
    describe(name, () => tests(program));
    return;
  }
  const how = `${tool} is missing; on Debian: apt-get install ${TOOLS[tool].packages}`;
  if (process.env.PREEMPTLAB_TOOLS === 'required') throw new Error(`${name}: ${how}`);
  console.warn(`SKIPPED: ${name}: ${how}`);
  describe.skip(name, () => tests(tool));
}
