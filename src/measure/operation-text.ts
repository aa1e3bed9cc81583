import type { Machine } from '../hypervisor/machine/machine.ts';
import type { OperationOutcome, ToolstackOperation } from '../hypervisor/toolstack/operation.ts';
import { formatDuration } from '../input/units.ts';

/** What became of an operation that was not done. */
export const OUTCOME_TEXTS: Readonly<Record<OperationOutcome, string>> = {
  done: 'done',
  invalid: 'refused (EINVAL)',
  again: 'given up (EAGAIN)',
  unavailable: 'not possible then (EADDRNOTAVAIL)',
  missing: 'of what did not exist (ESRCH)',
};

/** An operation of the toolstack in words, with the names of its domain and vCPU: `weight of dom0: 512`. */
export function operationText(
  { domains, vcpus }: Pick<Machine, 'domains' | 'vcpus'>,
  operation: ToolstackOperation,
): string {
  const vcpu = (id: number) => {
    const { domain } = vcpus[id];
    return `${domain?.name}/${domain?.vcpus.findIndex((own) => own.id === id)}`;
  };
  switch (operation.op) {
    case 'weight':
      return `weight of ${domains[operation.domain].name}: ${operation.value}`;
    case 'cap': {
      const { value } = operation;
      return `cap of ${domains[operation.domain].name}: ${value === 0 ? 'none' : `${value} %`}`;
    }
    case 'parameters': {
      const { timeslice, ratelimit, migrationDelay } = operation.change;
      const parts = Object.entries({ timeslice, ratelimit, migration_delay: migrationDelay });
      const changed = parts.flatMap(([name, value]) =>
        value === undefined ? [] : [`${name} ${formatDuration(value)}`],
      );
      return `scheduler: ${changed.join(', ')}`;
    }
    case 'reservation': {
      const { period, budget, extratime } = operation.reservation;
      return `reservation of ${vcpu(operation.vcpu)}: ${formatDuration(budget)} in ${formatDuration(period)}, ${extratime ? 'with' : 'without'} extratime`;
    }
    case 'reservations': {
      const { domain, period, budget } = operation;
      return `reservations of ${domains[domain].name}: ${formatDuration(budget)} in ${formatDuration(period)}`;
    }
    case 'hard':
    case 'soft':
      return `${operation.op} affinity of ${vcpu(operation.vcpu)}: ${operation.pcpus.join(', ')}`;
    case 'pause':
    case 'unpause':
    case 'create':
    case 'destroy':
      return `${operation.op} ${domains[operation.domain].name}`;
    case 'pause-vcpu':
    case 'unpause-vcpu':
      return `${operation.op.replace('-vcpu', '')} ${vcpu(operation.vcpu)}`;
    case 'down':
    case 'up':
      return `${vcpu(operation.vcpu)} ${operation.op}`;
    case 'blip':
      return `${vcpu(operation.vcpu)} down and up`;
    case 'unblock':
      return `event for ${vcpu(operation.vcpu)} from pCPU ${operation.pcpu}`;
    case 'remove-pcpu':
      return `pCPU ${operation.pcpu} leaves the pool`;
    case 'add-pcpu':
      return `pCPU ${operation.pcpu} comes back`;
  }
}
