/** A core whose caches Linux cleans by Set/Way: operations over the first level, and over all levels. */
export interface CacheGeometry {
  /** Sets x ways of the first-level data cache: what flush_dcache_louis and v7_invalidate_l1 go over. */
  readonly l1: number;
  /** Sets x ways of all levels together: what flush_dcache_all goes over. */
  readonly all: number;
}

/** Lines are 64 bytes; L1D 32 KiB; a typical L2 for each (Technical Reference Manuals). */
export const CACHE_GEOMETRIES = {
  a7: { l1: 512, all: 512 + 8192 },
  a15: { l1: 512, all: 512 + 32_768 },
  a53: { l1: 512, all: 512 + 8192 },
  a57: { l1: 512, all: 512 + 32_768 },
  a72: { l1: 512, all: 512 + 16_384 },
} as const satisfies Record<string, CacheGeometry>;

/** The name of a core with a known geometry. */
export type CoreName = keyof typeof CACHE_GEOMETRIES;
