import {
  afterEvery,
  atMultiples,
  beforeEach,
  type CatalogueEntry,
  CLEAN,
  checked,
  DOMCTL,
  entry,
  FREE,
  GIB,
  kind,
  MAP,
  plus,
  SCRUB,
  spins,
  times,
  UNMAP,
  units,
  WALK,
} from './define.ts';

/** Memory hypercalls: section 1.1 of the atlas, and the page allocator of 1.6. */
export const MEMORY: readonly CatalogueEntry[] = [
  entry(
    'increase-reservation',
    '1.1 increase_reservation: four extents of 1 GiB by the control domain, every page scrubbed without check',
    { ...units(4, times(GIB, SCRUB)), ...checked(beforeEach()) },
  ),
  entry(
    'populate-physmap',
    '1.1 populate_physmap for a new domain: one extent of 1 GiB, every second MiB dirty; Arm cleans the cache of each page',
    {
      ...units(1, plus(times(GIB / 2, SCRUB), times(GIB, CLEAN))),
      ...checked(beforeEach()),
    },
    {
      '4.12': { locks: spins('heap') },
      master: {
        kinds: {
          dirty: kind(SCRUB),
          clean: kind([4, 4, 4], { weight: 0 }),
          flush: kind(times(GIB, CLEAN), { test: 'never' }),
        },
        units: [
          {
            repeat: GIB / 512,
            units: [
              { kind: 'dirty', count: 256 },
              { kind: 'clean', count: 256 },
            ],
          },
          { kind: 'flush', count: 1 },
        ],
        check: afterEvery(256),
      },
    },
  ),
  entry(
    'populate-physmap-domu',
    '1.1 populate_physmap after creation by a domU: 512 extents of 2 MiB, dirty',
    { ...units(512, times(512, plus(SCRUB, CLEAN))), ...checked(beforeEach()) },
  ),
  entry(
    'decrease-reservation',
    '1.1 decrease_reservation: one extent of 1 GiB by the control domain',
    { ...units(1, times(GIB, plus(UNMAP, FREE))), ...checked(beforeEach()) },
  ),
  entry('decrease-reservation-domu', '1.1 decrease_reservation: 512 extents of 2 MiB by a domU', {
    ...units(512, times(512, plus(UNMAP, FREE))),
    ...checked(beforeEach()),
  }),
  entry('memory-exchange', '1.1 memory_exchange: 64 chunks of 2 MiB', {
    ...units(64, times(512, plus(UNMAP, FREE, MAP, CLEAN))),
    ...checked(beforeEach()),
  }),
  entry(
    'physmap-range',
    '1.1 add_to_physmap, space gmfn_range: 65535 pages, with an IOMMU',
    { ...units(65_535, plus(WALK, UNMAP, MAP)), ...checked(afterEvery(1)), stopAfter: 16 },
    { '4.12': { stopAfter: undefined } },
  ),
  entry('physmap-batch', '1.1 add_to_physmap_batch: 65535 entries', {
    ...units(65_535, plus(WALK, MAP)),
    ...checked(afterEvery(1)),
  }),
  entry(
    'acquire-resource',
    '1.1 acquire_resource: 64 batches of 32 frames',
    { ...units(64, times(32, WALK)), ...checked(afterEvery(1)) },
    { '4.12': units(1, times(32, WALK)) },
  ),
  entry('set-access', '1.1 access_op set_access, Arm: 1 GiB page by page', {
    ...units(GIB, plus(WALK, UNMAP)),
    ...checked(atMultiples('after', 64)),
    locks: spins('p2m', 'domain'),
  }),
  entry(
    'set-access-holes',
    '1.1 access_op set_access, Arm: 262144 holes of 2 MiB from a start that is not aligned: no number is a multiple of 64',
    {
      kinds: { short: kind(WALK, { weight: 511 }), hole: kind(WALK, { weight: 512 }) },
      units: [
        { kind: 'short', count: 1 },
        { kind: 'hole', count: GIB },
      ],
      ...checked(atMultiples('after', 64)),
      locks: spins('p2m', 'domain'),
    },
  ),
  entry(
    'pageframe-info',
    '1.1 getpageframeinfo3, x86: 1024 pages',
    { ...units(1024, [100, 300, 1000]), ...checked(afterEvery(1)) },
    { '4.12': { check: undefined, locks: DOMCTL }, '4.17': { locks: DOMCTL } },
  ),
  entry(
    'memory-mapping',
    '1.1 memory_mapping domctl: 4096 pages, at most 64 of them in a call',
    { ...units(4096, MAP), hit: 'short-count', stopAfter: 64 },
    { '4.12': { locks: DOMCTL }, '4.17': { locks: DOMCTL } },
  ),
  entry(
    'cacheflush-domctl',
    '1.1 XEN_DOMCTL_cacheflush, Arm: 1 GiB; a hit calls again, without softirqs',
    {
      ...units(GIB, CLEAN, { weight: 10 }),
      check: {
        ...beforeEach('softirqs'),
        count: { kind: 'threshold', least: 512, reset: true, start: 0 },
      },
      hit: 'retry',
      locks: [...DOMCTL, ...spins('p2m', 'domain')],
    },
  ),
  entry(
    'set-mempool',
    '1.1 set_paging_mempool_size: 65536 pages',
    {
      ...units(65_536, plus(FREE, FREE)),
      ...checked(afterEvery(1, true, 'events-unless-idle')),
      locks: spins('paging', 'domain'),
    },
    { '4.12': false },
  ),
  entry(
    'gnttab-cache-flush',
    '1.1 gnttab cache_flush, Arm: 64 pages, each after a scan of 4096 grant references',
    { ...units(64, plus(CLEAN, times(4096, [5, 10, 30]))), ...checked(beforeEach()) },
  ),
  entry('free-heap-pages', '1.6 free_heap_pages: one block of 1 GiB, under the heap lock', {
    ...units(GIB, [4, 10, 61]),
    locks: spins('heap'),
    origin:
      '4 and 61 ns per page: commit 72b02bc75b, 2021, nested on c5.metal; between them assumed',
  }),
  entry('idle-scrub', '1.6 scrubbing from the idle loop: 256 MiB, dirty', {
    ...units(GIB / 4, SCRUB, { weight: 100 }),
    context: 'idle',
    hit: 'requeue',
    check: {
      tests: 'softirqs',
      position: 'after',
      last: true,
      count: { kind: 'threshold', least: 801, reset: false, start: 0 },
    },
  }),
];
