/** Pages of 4 KiB in a block of 2 MiB, the size in which guests touch their memory. */
export const GFNS_PER_BLOCK = 512;
