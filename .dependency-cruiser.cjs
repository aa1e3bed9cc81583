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
    enhancedResolveOptions: { extensions: ['.ts', '.js'] },
  },
};
