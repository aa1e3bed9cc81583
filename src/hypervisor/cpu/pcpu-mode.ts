/** What a pCPU is doing: guest code, hypervisor code, an interrupt handler, or waiting in WFI. */
export const GUEST = 0;
export const HYPERVISOR = 1;
export const INTERRUPT = 2;
export const IDLE = 3;
/** One of GUEST, HYPERVISOR, INTERRUPT, IDLE. */
export type PcpuMode = 0 | 1 | 2 | 3;
