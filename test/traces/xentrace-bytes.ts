/** A record to be written into a xentrace file by a test. */
export interface Written {
  readonly cpu: number;
  readonly tsc: number | undefined;
  readonly event: number;
  readonly words?: readonly number[];
}

export const WRAP = 0x1f002;
export const LOST = 0x1f001;
export const CONTINUE = 0x21002;

/** RUNSTATE_CHANGE of a vCPU. */
export function change(
  cpu: number,
  tsc: number,
  vcpu: number,
  from: number,
  to: number,
  domain = 1,
): Written {
  const words = [domain * 65536 + vcpu];
  return { cpu, tsc, event: 0x21001 + (from << 8) + (to << 4), words };
}

/** CONTINUE_RUNNING of a vCPU. */
export function goesOn(cpu: number, tsc: number, vcpu: number, domain = 1): Written {
  return { cpu, tsc, event: CONTINUE, words: [domain * 65536 + vcpu] };
}

/** The bytes of a record. */
export function bytesOf({ tsc, event, words = [] }: Written): Buffer {
  const bytes = Buffer.alloc(4 + (tsc === undefined ? 0 : 8) + 4 * words.length);
  bytes.writeUInt32LE((tsc === undefined ? 0 : 2 ** 31) + words.length * 2 ** 28 + event, 0);
  if (tsc !== undefined) bytes.writeBigUInt64LE(BigInt(tsc), 4);
  words.forEach((word, i) => {
    bytes.writeUInt32LE(word, bytes.length - 4 * (words.length - i));
  });
  return bytes;
}

/** A window of the records, which are of one pCPU. */
export function window(cpu: number, records: readonly Written[], missing = 0): Buffer {
  const body = Buffer.concat(records.map(bytesOf));
  const head = Buffer.alloc(12);
  head.writeUInt32LE(0x2001f003, 0);
  head.writeUInt32LE(cpu, 4);
  head.writeUInt32LE(body.length + missing, 8);
  return Buffer.concat([head, body]);
}

/** A file with one window for each run of records of a pCPU. */
export function file(...records: readonly Written[]): Buffer {
  const windows: Written[][] = [];
  for (const record of records) {
    const last = windows.at(-1);
    if (last?.[0].cpu === record.cpu) last.push(record);
    else windows.push([record]);
  }
  return Buffer.concat(windows.map((ofWindow) => window(ofWindow[0].cpu, ofWindow)));
}
