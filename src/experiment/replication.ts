import { type Summary, summarise } from '../stats/quantiles.ts';
import { buildMachine } from './build.ts';
import type { Counters } from './counters.ts';
import { countersOf } from './counters.ts';
import type { LatencyKind } from './latency-kinds.ts';
import { LatencyProbe } from './latency-probe.ts';
import type { Setup } from './schema.ts';

/** The samples of one kind, column by column: latency [ns], time [ns], pCPU, vCPU (-1: idle). */
export interface SampleColumns {
  readonly latency: Float64Array<ArrayBuffer>;
  readonly time: Float64Array<ArrayBuffer>;
  readonly pcpu: Float64Array<ArrayBuffer>;
  readonly vcpu: Float64Array<ArrayBuffer>;
}

/** What one replication of one cell gave. */
export interface ReplicationResult {
  readonly latencies: readonly { readonly kind: LatencyKind; readonly summary: Summary }[];
  readonly counters: Counters;
  /** Only if the experiment asks for samples. */
  readonly samples: readonly { readonly kind: LatencyKind; readonly columns: SampleColumns }[];
}

/**
 * Runs one replication of a cell: a pure function of its arguments.
 * @throws InvariantError if a law of the simulation breaks
 */
export function replicate(setup: Setup, seed: number, replication: number): ReplicationResult {
  const { latencies: kinds, samples: keepsSamples, warmUp } = setup.measure;
  const probe = new LatencyProbe(kinds, keepsSamples, warmUp);
  const { machine, walks } = buildMachine(setup, seed, replication, probe);
  probe.attach(machine);
  machine.run(setup.duration);
  const measured = [...probe.samples];
  return {
    latencies: measured.map(([kind, { latency }]) => ({
      kind,
      summary: summarise(latency.values()),
    })),
    counters: countersOf(machine, probe, walks),
    samples: keepsSamples
      ? measured.map(([kind, { latency, time, pcpu, vcpu }]) => ({
          kind,
          columns: {
            latency: latency.values().slice(),
            time: time.values().slice(),
            pcpu: pcpu.values().slice(),
            vcpu: vcpu.values().slice(),
          },
        }))
      : [],
  };
}
