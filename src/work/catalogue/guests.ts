import type { CostRange } from '../job.ts';
import {
  afterEvery,
  atMultiples,
  beforeEach,
  beforeNth,
  type CatalogueEntry,
  CLEAN,
  checked,
  entry,
  kind,
  MAP,
  plus,
  spins,
  times,
  UNMAP,
  units,
  WALK,
} from './define.ts';

/** Mapping and unmapping a grant, without flush; copying 4 KiB. */
const GRANT_MAP: CostRange = [300, 800, 2000];
const GRANT_UNMAP: CostRange = [300, 700, 2000];
const COPY: CostRange = [400, 1000, 4000];
/** Validating a page table of the lowest level, 512 entries. */
const L1_TABLE: CostRange = [3000, 8000, 25_000];

/** Grants, events, copies; x86 paging; the return path and traps: sections 1.3, 1.4 and 1.5 of the atlas. */
export const GUESTS: readonly CatalogueEntry[] = [
  entry('gnttab-map', '1.3 gnttab map: 1024 operations', {
    ...units(1024, GRANT_MAP),
    ...checked(beforeEach()),
  }),
  entry('gnttab-unmap', '1.3 gnttab unmap: 1024 operations in batches of 32', {
    ...units(1024, GRANT_UNMAP),
    ...checked(afterEvery(32)),
  }),
  entry('gnttab-copy', '1.3 gnttab copy: 1024 pages', {
    ...units(1024, COPY),
    ...checked(beforeEach()),
  }),
  entry('gnttab-setup-table', '1.3 gnttab setup_table: 64 frames, each allocated and cleared', {
    ...units(64, times(4, COPY)),
    locks: spins('grant', 'domain'),
  }),
  entry('gnttab-set-version', '1.3 gnttab set_version: 32768 entries and 64 frames', {
    kinds: { entry: kind([5, 10, 30]), frame: kind(COPY) },
    units: [
      { kind: 'entry', count: 32_768 },
      { kind: 'frame', count: 64 },
    ],
    locks: spins('grant', 'domain'),
  }),
  entry(
    'evtchn-reset',
    '1.3 evtchn_reset: 131071 ports; re-entry is at the port that it stopped at, and tested again: no progress is certain',
    {
      ...units(131_071, [100, 200, 1000]),
      ...checked(atMultiples('after', 64)),
      progress: 'same',
      mayNotEnd: true,
    },
    { '4.12': { check: undefined, mayNotEnd: false } },
  ),
  entry(
    'argo-sendv',
    '1.3 argo sendv: 16 MiB, under the ring lock',
    { ...units(4096, COPY), locks: spins('argo') },
    { '4.12': false },
  ),
  entry('argo-notify', '1.3 argo notify: 256 entries', units(256, [100, 200, 1000]), {
    '4.12': false,
  }),
  entry(
    'argo-register',
    '1.3 argo register_ring: 4096 pages',
    { ...units(4096, WALK), locks: spins('argo') },
    { '4.12': false },
  ),
  entry('multicall', '1.3 do_multicall: 1024 calls', {
    ...units(1024, [100, 300, 1000]),
    ...checked(beforeEach()),
  }),
  entry('set-mem-type', '1.3 dm_op set_mem_type, x86: 65536 pages', {
    ...units(65_536, plus(WALK, WALK)),
    ...checked(afterEvery(256)),
  }),
  entry('modified-memory', '1.3 dm_op modified_memory, x86: 65536 pages', {
    ...units(65_536, WALK),
    ...checked(afterEvery(256)),
  }),
  entry('map-mem-type', '1.3 dm_op map_mem_type, x86: 256 times 256 pages', {
    ...units(256, times(256, WALK)),
    ...checked(afterEvery(1)),
  }),
  entry(
    'console-write',
    '1.3 console write: 16 chunks of 127 bytes at 115200 baud, or into memory',
    {
      ...units(16, [10_000, 100_000, 11_000_000]),
      ...checked(beforeEach()),
      locks: spins('console'),
      masked: true,
    },
  ),
  entry('mmu-update', '1.4 mmu_update, x86 PV: 1024 requests', {
    ...units(1024, [200, 500, 2000]),
    ...checked(beforeEach()),
  }),
  entry(
    'pin-table',
    '1.4 validating tables of level 2, x86 PV: 4096 entries, each a table of level 1',
    {
      ...units(4096, L1_TABLE),
      ...checked(beforeEach()),
    },
  ),
  entry('log-dirty', '1.4 reading the log of dirty pages, x86: 512 GiB, a test every 64 GiB', {
    ...units(8, [500_000, 1_000_000, 2_000_000]),
    ...checked(afterEvery(1)),
    locks: spins('paging', 'domain'),
  }),
  entry('pod-target', '1.4 setting the target of populate-on-demand, x86: 65536 pages', {
    ...units(65_536, plus(UNMAP, WALK)),
    ...checked(afterEvery(1)),
  }),
  entry('pod-sweep', '1.4 emergency sweep of populate-on-demand, x86: 1024 pages', {
    ...units(1024, [150, 400, 1500]),
    context: 'trap',
    hit: 'in-place',
    locks: spins('p2m', 'domain'),
  }),
  entry(
    'iommu-map',
    '1.4 iommu_map: 65536 leaves; the caller goes on',
    {
      ...units(65_536, MAP),
      ...checked(beforeNth(4096, 'events-unless-idle'), 'short-count'),
    },
    { '4.12': false },
  ),
  entry('m2p-scan', '1.4 vm_assist, x86 PV: 65536 entries of the m2p', {
    ...units(65_536, [5, 10, 30]),
    ...checked(afterEvery(256)),
  }),
  entry('flush-vm', '1.5 p2m_flush_vm, Arm: 64 MiB by the rule of the Set/Way flush', {
    ...units(16_384, CLEAN, { weight: 10 }),
    context: 'return-path',
    check: {
      ...beforeEach('softirqs'),
      count: { kind: 'threshold', least: 512, reset: true, start: 0 },
    },
    hit: 'in-place',
  }),
  entry(
    'vpci-map',
    '1.5 mapping a BAR of 256 MiB for vPCI, Arm: never in parts',
    { ...units(65_536, MAP), context: 'return-path', hit: 'in-place' },
    { '4.12': false },
  ),
  entry('vits-commands', '1.5 vITS, Arm: 32768 commands in one write by the hardware domain', {
    ...units(32_768, [300, 1000, 5000]),
    context: 'trap',
    hit: 'in-place',
    locks: spins('vits', 'domain'),
  }),
  entry('vgic-enable', '1.5 vGIC: 32 interrupts enabled by one write', {
    ...units(32, [100, 200, 500]),
    context: 'trap',
    hit: 'in-place',
    masked: true,
  }),
];
