import { MS, US } from '../../engine/time.ts';
import type { Reservation } from '../../hypervisor/ports.ts';

/** Xen's defaults: what a vCPU has from its creation on. */
export const RTDS_DEFAULTS: Reservation = {
  period: 10 * MS,
  budget: 4 * MS,
  extratime: true,
};

/** The shortest period and the smallest budget (RTDS_MIN_PERIOD, RTDS_MIN_BUDGET) [ns]. */
const RESERVATION_MIN = 10 * US;

/** Xen accepts the reservation (putvcpuinfo); one that it refuses changes nothing. */
export function isValidReservation({ period, budget }: Reservation): boolean {
  return budget >= RESERVATION_MIN && budget <= period;
}
