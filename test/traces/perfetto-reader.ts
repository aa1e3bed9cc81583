import { readFileSync } from 'node:fs';
import protobuf from 'protobufjs';

/** A packet, as protobufjs decodes it; numbers that are 64 bits wide as numbers, enums as names. */
export interface Packet {
  readonly timestamp: number;
  readonly trustedPacketSequenceId: number;
  readonly sequenceFlags?: number;
  readonly trackEvent?: {
    readonly type: string;
    readonly trackUuid: number;
    readonly name?: string;
    readonly debugAnnotations?: readonly {
      readonly name: string;
      readonly intValue?: number;
      readonly stringValue?: string;
    }[];
    readonly counterValue?: number;
    readonly flowIds?: readonly number[];
    readonly terminatingFlowIds?: readonly number[];
  };
  readonly trackDescriptor?: {
    readonly uuid: number;
    readonly name?: string;
    readonly thread?: { readonly pid: number; readonly tid: number };
    readonly parentUuid?: number;
    readonly counter?: object;
  };
  readonly genericKernelTaskStateEvent?: {
    readonly cpu: number;
    readonly comm: string;
    readonly tid: number;
    readonly state: string;
  };
  readonly genericKernelProcessTree?: {
    readonly processes: readonly { readonly pid: number; readonly cmdline: string }[];
    readonly threads: readonly {
      readonly tid: number;
      readonly pid: number;
      readonly comm: string;
      readonly isMainThread?: boolean;
    }[];
  };
}

const trace = protobuf
  .parse(readFileSync('test/traces/perfetto.proto', 'utf8'))
  .root.lookupType('Trace');

/**
 * The packets of a file in the order in which Perfetto takes them: by time, equal ones as in the file.
 * @throws Error if the file is not valid, or encodes a field in another way than protobufjs does
 */
export function readPerfetto(bytes: Uint8Array): Packet[] {
  const decoded = trace.decode(bytes);
  if (!Buffer.from(trace.encode(decoded).finish()).equals(bytes)) {
    throw new Error('a field is unknown, out of order, or not encoded the usual way');
  }
  const { packet } = trace.toObject(decoded, { longs: Number, enums: String });
  return (packet as Packet[]).sort((a, b) => a.timestamp - b.timestamp);
}
