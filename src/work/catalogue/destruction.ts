import type { CostRange } from '../job.ts';
import {
  ASSUMED,
  afterEvery,
  atMultiples,
  beforeNth,
  type CatalogueEntry,
  checked,
  DOMCTL,
  entry,
  FREE,
  GIB,
  kind,
  plus,
  spins,
  times,
  UNMAP,
  units,
  WALK,
} from './define.ts';

/** Since 4.17 the domctl lock is held during a destruction; before, only the domain's own. */
const LOCKED = { '4.17': { locks: DOMCTL }, master: { locks: DOMCTL } } as const;

/** Tables of the p2m of a guest of 80 GB, mapped page by page. */
const TABLES = 41_000;
const TABLE: CostRange = [27, 61, 200];
const TABLE_ORIGIN =
  'freed in more than 1 ms for 80 GB: commit 8a2111250b, 2022; 61 ns per call: 72b02bc75b, 2021; both nested on c5.metal';

/** What 128 vCPUs, their grant frames and event buckets take to be freed. */
const LEFTOVER: CostRange = [100_000, 500_000, 3_000_000];

/** The phases of XEN_DOMCTL_destroydomain: section 1.2 of the atlas. */
export const DESTRUCTION: readonly CatalogueEntry[] = [
  entry('argo-destroy', '1.2 argo_destroy: 128 rings of 4096 pages', units(128 * 4096, FREE), {
    '4.12': false,
    ...LOCKED,
  }),
  entry(
    'maptrack-unused',
    '1.2 gnttab_release_mappings: 262144 entries of the maptrack, none in use',
    {
      ...units(GIB, [5, 10, 30]),
      ...checked(atMultiples('before', 256, GIB, -1)),
      locks: DOMCTL,
    },
    { '4.12': { check: undefined, locks: [] } },
  ),
  entry(
    'maptrack-used',
    '1.2 gnttab_release_mappings: 65536 entries of the maptrack, all in use',
    {
      ...units(65_536, [400, 1000, 3000]),
      ...checked(atMultiples('before', 256, 65_536, -1)),
      locks: DOMCTL,
    },
    { '4.12': { check: undefined, locks: [] } },
  ),
  entry(
    'evtchn-destroy',
    '1.2 evtchn_destroy: 131071 ports',
    {
      ...units(131_071, [100, 200, 1000]),
      ...checked(atMultiples('after', 64, 131_071, -1)),
      locks: DOMCTL,
    },
    { '4.12': { check: undefined, locks: [] } },
  ),
  entry(
    'optee-buffers',
    '1.2 OP-TEE, Arm: 1024 shared buffers',
    { ...units(1024, [1000, 5000, 20_000]), ...checked(afterEvery(1)) },
    { '4.12': false, ...LOCKED },
  ),
  entry(
    'relinquish-memory',
    '1.2 relinquish_memory, Arm: 1 GiB, page by page',
    { ...units(GIB, FREE), ...checked(afterEvery(1, true)) },
    LOCKED,
  ),
  entry(
    'relinquish-p2m',
    '1.2 relinquish_p2m_mapping, Arm: 262144 mappings of 4 KiB',
    { ...units(GIB, UNMAP, { prepare: WALK }), ...checked(beforeNth(512)) },
    LOCKED,
  ),
  entry(
    'relinquish-foreign',
    '1.2 relinquish_p2m_mapping, Arm: 16 foreign mappings of 1 GiB, tested before each: no progress is certain',
    {
      kinds: { foreign: kind(times(GIB, [50, 100, 300]), { prepare: WALK, test: 'always' }) },
      units: [{ kind: 'foreign', count: 16 }],
      ...checked(beforeNth(512)),
      mayNotEnd: true,
      locks: DOMCTL,
    },
    { '4.12': false, '4.17': false },
  ),
  entry(
    'p2m-teardown',
    '1.2 p2m_teardown, Arm: the tables of a guest of 80 GB; in 4.12 by RCU',
    { ...units(TABLES, TABLE), ...checked(afterEvery(512, true)), origin: TABLE_ORIGIN },
    { '4.12': { check: undefined, context: 'softirq', hit: 'requeue' }, ...LOCKED },
  ),
  entry(
    'p2m-pool',
    '1.2 freeing the p2m pool, Arm: the tables of a guest of 80 GB',
    {
      ...units(TABLES, TABLE),
      ...checked(afterEvery(1, true, 'events-unless-idle')),
      origin: TABLE_ORIGIN,
    },
    { '4.12': false, ...LOCKED },
  ),
  entry(
    'iommu-tables',
    '1.2 iommu_free_pgtables, x86: 41000 tables; in 4.12 a tasklet that goes from pCPU to pCPU',
    { ...units(TABLES, FREE), ...checked(afterEvery(256, true, 'events-unless-idle')) },
    {
      '4.12': {
        context: 'tasklet',
        check: afterEvery(1, false, 'softirqs'),
        hit: 'requeue-next',
      },
      ...LOCKED,
    },
  ),
  entry(
    'shared-pages',
    '1.2 relinquish_shared_pages, x86: 1 GiB, of every 16 pages one shared',
    {
      kinds: { shared: kind([400, 1000, 3000], { weight: 16 }), other: kind(WALK) },
      units: [
        {
          repeat: GIB / 16,
          units: [
            { kind: 'shared', count: 1 },
            { kind: 'other', count: 15 },
          ],
        },
      ],
      ...checked(afterEvery(8192, true)),
    },
    LOCKED,
  ),
  entry(
    'relinquish-p2m-x86',
    '1.2 relinquish_p2m_mapping, x86: 65536 foreign entries',
    { ...units(65_536, plus(WALK, UNMAP)), ...checked(afterEvery(256, true)), locks: DOMCTL },
    { '4.12': false, '4.17': false },
  ),
  entry(
    'hap-allocation',
    '1.2 hap_set_allocation, x86: 41000 pages of the pool',
    { ...units(TABLES, FREE), ...checked(afterEvery(1, true, 'events-unless-idle')) },
    LOCKED,
  ),
  entry(
    'p2m-teardown-x86',
    '1.2 p2m_teardown, x86: the tables of a guest of 80 GB',
    {
      ...units(TABLES, TABLE),
      ...checked(afterEvery(1024, true, 'events-unless-idle')),
      origin: TABLE_ORIGIN,
    },
    { '4.12': { check: undefined }, ...LOCKED },
  ),
  entry(
    'pod-cache',
    '1.2 emptying the cache of populate-on-demand, x86: 65536 single pages',
    {
      ...units(65_536, FREE),
      check: {
        ...afterEvery(512, true),
        count: { kind: 'threshold', least: 512, reset: true, start: -1 },
      },
    },
    LOCKED,
  ),
  entry(
    'sched-move',
    '1.2 sched_move_domain: 128 vCPUs',
    { ...units(128, [1000, 3000, 10_000]), locks: DOMCTL },
    { '4.12': { locks: [] } },
  ),
  entry(
    'complete-destroy',
    '1.2 complete_domain_destroy: one RCU callback; in 4.12 on Arm with all tables of the p2m, 80 GB',
    { ...units(1, LEFTOVER), context: 'softirq', hit: 'requeue', origin: ASSUMED },
    {
      '4.12': { ...units(1, plus(LEFTOVER, times(TABLES, TABLE))), origin: TABLE_ORIGIN },
    },
  ),
  entry(
    'shadow-allocation',
    '1.2 shadow_set_allocation, x86: 41000 pages of the pool, under the paging lock',
    {
      ...units(TABLES, plus(FREE, WALK)),
      ...checked(afterEvery(1, true, 'events-unless-idle')),
      locks: spins('paging', 'domain'),
    },
  ),
];
