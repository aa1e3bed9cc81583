// Imports go only from right to left:
// engine <- hypervisor <- schedulers, memory, guests <- policies <- stats <- experiment <- ... <- cli
const order = [
  ['engine'],
  ['hypervisor'],
  ['schedulers', 'memory', 'guests'],
  ['policies'],
  ['stats'],
  ['experiment'],
  ['conformance'],
  ['batch'],
  ['traces'],
  ['report'],
  ['cli'],
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
      from: { path: '^src/(engine|hypervisor|memory|schedulers|policies|guests|stats|traces)/' },
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
