import type { VcpuName } from '../experiment/vcpu-names.ts';
import { inOrder, type LatencyKind } from '../measure/latency-kinds.ts';
import { ROW_VCPU } from '../measure/sample-row.ts';
import type { SampleSink } from '../measure/sample-rows.ts';
import { csvFields } from '../results/csv.ts';
import { CsvBytes } from '../results/csv-bytes.ts';
import { gzip } from '../results/disk.ts';
import { guarded } from './end-guard.ts';

/** What is compressed at a time [bytes]. */
const BYTES_PER_MEMBER = 1 << 20;

/** Lines of samples.csv of one kind: those not yet compressed, and those that are. */
interface Part {
  /** What lines begin with, by vCPU; the first is of those of no vCPU. */
  readonly heads: readonly Uint8Array[];
  readonly lines: CsvBytes;
  readonly members: Uint8Array[];
}

/** The samples of one replication on their way to samples.csv.gz: compressed in pieces that can be joined. */
export class SampleArchive {
  private readonly head: readonly string[];
  private readonly vcpus: readonly VcpuName[];
  private readonly parts = new Map<LatencyKind, Part>();

  /**
   * @param head - which replication they are of: what their lines begin with
   * @param vcpus - by global number
   */
  constructor(head: readonly string[], vcpus: readonly VcpuName[]) {
    this.head = head;
    this.vcpus = vcpus;
  }

  readonly sink: SampleSink = (kind, rows, fields) => {
    const part = this.parts.get(kind) ?? this.begin(kind);
    for (let at = 0; at < rows.length; at += fields) {
      // The vCPU stands first in a row, and in the head by its name.
      const head = part.heads[Math.max(0, rows[at + ROW_VCPU] + 1)];
      part.lines.line(head, rows, at + 1, at + fields);
    }
    if (part.lines.length >= BYTES_PER_MEMBER) compress(part);
  };

  /** All pieces, kind by kind. Each is in a buffer of its own, which can be handed to another thread. */
  end(): Uint8Array[] {
    return inOrder([...this.parts.keys()]).flatMap((kind) => {
      const part = this.parts.get(kind);
      if (part === undefined) return [];
      if (part.lines.length > 0) compress(part);
      return part.members;
    });
  }

  private begin(kind: LatencyKind): Part {
    const names = this.vcpus.map(({ domain, number }) => [domain, String(number)]);
    const heads = [['', ''], ...names].map((name) =>
      new TextEncoder().encode(csvFields([...this.head, kind, ...name])),
    );
    const part = { heads, lines: new CsvBytes(), members: [] };
    this.parts.set(kind, part);
    return part;
  }
}

function compress({ lines, members }: Part): void {
  members.push(new Uint8Array(guarded(() => gzip(lines.bytes()))));
  lines.clear();
}
