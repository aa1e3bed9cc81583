// Imports go only from right to left:
// engine <- hypervisor <- schedulers, memory, guests <- work <- ... <- cli
const order = [
  ['engine'],
  ['hypervisor'],
  ['schedulers', 'memory', 'guests'],
  ['work'],
  ['stats'],
  ['input'],
  ['measure'],
  ['experiment'],
  ['conformance'],
  ['results'],
  ['batch', 'analysis'],
  ['traces'],
  ['report'],
  ['lab'],
  ['exports'],
  ['cli'],
];

// Inside experiment: what a file may say <- how it is read and resolved, and how a machine is built of it.
const insideExperiment = [
  { from: 'schema', to: 'plan|build' },
  { from: 'plan', to: 'build' },
  { from: 'build', to: 'plan' },
];

const layers = order.flatMap((layer, rank) =>
  layer.map((folder) => ({
    name: `${folder}-imports-only-from-its-left`,
    severity: 'error',
    from: { path: `^src/${folder}/` },
    to: {
      path: order
        .slice(rank)
        .flat()
        .filter((other) => other !== folder)
        .map((other) => `^src/${other}/`)
        .concat('^src/index')
        .join('|'),
    },
  })),
);

module.exports = {
  forbidden: [
    ...layers,
    ...insideExperiment.map(({ from, to }) => ({
      name: `experiment-${from}-does-not-import-${to}`,
      severity: 'error',
      from: { path: `^src/experiment/${from}/` },
      to: { path: `^src/experiment/(${to})/` },
    })),
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Types may refer to each other; code may not.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-what-is-installed-with-the-package',
      severity: 'error',
      comment:
        'Users get dependencies, not devDependencies: whatever src imports has to be among the former, but for what pages get from the bundler.',
      from: { path: '^src/', pathNot: '^src/lab/browser/' },
      to: {
        dependencyTypes: [
          'npm-dev',
          'npm-optional',
          'npm-peer',
          'npm-no-pkg',
          'npm-unknown',
          'unknown',
        ],
      },
    },
    {
      name: 'everything-imported-is-found',
      severity: 'error',
      comment: 'A file or package that is imported exists.',
      from: { path: '^src/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'from-text-to-samples-without-node',
      severity: 'error',
      comment: 'An experiment runs in a browser too: only what reads files may know of Node.',
      from: {
        path: '^src/(input|experiment)/',
        pathNot: '^src/experiment/plan/(files|load)\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-the-command-line-loads-files',
      severity: 'error',
      comment: 'Whoever imports a file that knows of Node knows of it too.',
      from: {
        path: '^src/(engine|hypervisor|memory|schedulers|work|guests|stats|input|measure|experiment)/',
        pathNot: '^src/experiment/plan/load\\.ts$',
      },
      to: { path: '^src/experiment/plan/(files|load)\\.ts$' },
    },
    {
      name: 'the-model-knows-no-node-module',
      severity: 'error',
      comment: 'What is simulated depends on experiment, seed and version only; traces are bytes.',
      from: {
        path: '^src/(engine|hypervisor|memory|schedulers|work|guests|stats|measure|traces)/',
      },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
