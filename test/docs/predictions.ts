import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';

/*
 * The predictions of docs/validation.md, from the results that its commands write: its rows and sentences, number by number.
 */

type Row = Readonly<Record<string, string>>;

/** Results of the commands of docs/validation.md. */
export class Runs {
  private readonly folder: string;
  private readonly tables = new Map<string, readonly Row[]>();

  /** @param folder - in which the commands were carried out */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** The statistic of a kind of latency in the cell whose id ends so, or in all together [ns]. */
  of(name: string, cell: string, kind: string, statistic: string): number {
    const row = this.table(name, 'summary.csv').find(
      (one) => one.cell.endsWith(cell) && one.kind === kind && one.statistic === statistic,
    );
    if (!row?.estimate_ns) throw new Error(`${name}: no ${statistic} of ${kind} in ${cell}`);
    return Number(row.estimate_ns);
  }

  /** A counter of the first replication. */
  count(name: string, cell: string, counter: string): number {
    const row = this.table(name, 'counters.csv').find((one) => one.cell.endsWith(cell));
    if (row === undefined) throw new Error(`${name}: no ${cell}`);
    return Number(row[counter]);
  }

  /** Samples of a kind under a policy, in the order of time [ns]. */
  samples(name: string, policy: string, kind: string): number[] {
    return this.table(name, 'samples.csv.gz')
      .filter((row) => row.policy === policy && row.kind === kind)
      .sort((a, b) => Number(a.t_ns) - Number(b.t_ns))
      .map((row) => Number(row.latency_ns));
  }

  private table(name: string, file: string): readonly Row[] {
    const path = join(this.folder, 'results', name, file);
    let rows = this.tables.get(path);
    if (rows === undefined) {
      const bytes = readFileSync(path);
      rows = parse(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, { columns: true }) as Row[];
      this.tables.set(path, rows);
    }
    return rows;
  }
}

const ms = (ns: number) => (ns / 1e6).toPrecision(3);
const us = (ns: number) => (ns / 1e3).toPrecision(3);
const whole = (n: number) => Math.round(n).toLocaleString('en-US');

/** Rows of the table of the second campaign: what was measured, the study, and what it predicts. */
export function predictedRows(runs: Runs): string[] {
  const at = (name: string, cell: string, kind: string, ...statistics: readonly string[]) =>
    statistics.map((statistic) => runs.of(name, cell, kind, statistic));
  const max = (name: string, cell: string, kind: string) => runs.of(name, cell, kind, 'max');
  const own = (cell: string) => at('p-own', cell, 'own_virq', 'min', 'max');
  const after = 1000;
  const [outside] = own('stock/expires_after=14999us/stage2=44');
  const [least, most] = own('stock/expires_after=15001us/stage2=44').map((ns) => ns + after);
  const [less] = own('nopre/expires_after=15001us/stage2=44').map((ns) => ns + after);
  const [block, blockMost] = own('stock/expires_after=15001us/stage2=40').map((ns) => ns + after);
  const touch = (cell: string) => ms(max('p-touch', cell, 'touch'));
  const waker = (cell: string) => ms(max('p-touch', cell, 'virq'));
  const mmio = (cell: string) => max('p-mmio', `sibling=mmio-${cell}`, 'mmio');
  const tracking = (cell: string, statistic = 'min') =>
    whole(runs.of('p-tracking', `memory=${cell}`, 'touch', statistic));
  const pages = (cell: string) =>
    whole(runs.count('p-tracking', `memory=${cell}`, 'pages_flushed'));
  const flushes = (...loops: readonly string[]) =>
    loops.map((loop) => runs.count('p-loops', `loop=${loop}`, 'flushes')).join(', ');
  const virq = (name: string, cell: string, ...statistics: readonly string[]) =>
    at(name, cell, 'virq', ...statistics);
  const [idle] = virq('sgi-wakeup', 'stock/beside=idle', 'p50');
  const [spinner] = virq('sgi-wakeup', 'stock/beside=spinner', 'p50');
  const [behind, behind99] = virq('sgi-wakeup', 'stock/beside=flusher', 'p50', 'p99');
  const [never99] = virq('sgi-wakeup', 'never/beside=flusher', 'p99');
  const default2 = virq('credit2-default', 'stock', 'p50', 'p90', 'p99', 'max').map(whole);
  const never2 = virq('credit2-default', 'never', 'p50', 'p90', 'p99', 'max').map(ms);
  const version = (policy: string, name: string) =>
    virq('versions', `${policy}/version=${name}`, 'p50', 'p90', 'p99');
  const versionText = (name: string) => {
    const [, p90, p99] = version('during-never', name).map(ms);
    const quantiles = version('stock', name).map(whole).join(', ').replace(/, /g, '; ');
    return `${quantiles} ns; without a check during the flush p90 ${p90} ms, p99 ${p99} ms`;
  };
  const apart = Math.max(
    ...['4.12', 'master'].flatMap((name) => {
      const [stock, nopre] = [version('stock', name), version('nopre', name)];
      return stock.map((ns, i) => Math.abs(ns - nopre[i]));
    }),
  );
  return [
    `flusher's own timer, outside its flush | own-interrupts | ${outside} ns`,
    `the same, x ns after the Set/Way operation, 64 MiB flushed (44 bits) | own-interrupts | ${whole(least)} to ${whole(most)} - x ns, as ticks fall into the flush; ${least - less} ns less without the check before the flush`,
    `the same, one 2 MiB block flushed (40 bits) | own-interrupts | ${whole(block)} to ${whole(blockMost)} - x ns`,
    `sibling touches an invalidated block: 64 MiB, null or credit | lock | the rest of the flush: up to ${touch('stock/scheduler=null-scheduler/sibling=touch-64MiB')} and ${touch('stock/scheduler=credit/sibling=touch-64MiB')} ms; without the check during the flush ${touch('never/scheduler=null-scheduler/sibling=touch-64MiB')} and ${touch('never/scheduler=credit/sibling=touch-64MiB')} ms`,
    `256 MiB, null | lock | up to ${touch('stock/scheduler=null-scheduler/sibling=touch-256MiB')} ms; ${touch('never/scheduler=null-scheduler/sibling=touch-256MiB')} ms without the check`,
    `256 MiB, credit | lock | up to ${touch('stock/scheduler=credit/sibling=touch-256MiB')} ms (a tick stops the flush, who waits gets the lock); ${touch('never/scheduler=credit/sibling=touch-256MiB')} ms without the check`,
    `waker on the sibling's pCPU meanwhile, credit | lock | up to ${waker('stock/scheduler=credit/sibling=touch-64MiB')} ms (64 MiB) and ${waker('stock/scheduler=credit/sibling=touch-256MiB')} ms (256 MiB; ${waker('never/scheduler=credit/sibling=touch-256MiB')} ms without the check): its softirqs wait with the sibling`,
    `sibling reads an emulated device register, 4.17, null | lock | ${mmio('64MiB')} ns, flush or none`,
    `the same on master, null | lock | up to ${ms(mmio('master-64MiB'))} ms (64 MiB), ${ms(mmio('master-256MiB'))} ms (256 MiB)`,
    `a touch in the 1 GiB block of the code | tracking | ${tracking('1GiB-block')} ns: no fault beyond that of the code`,
    `a touch of another 2 MiB block, table valid | tracking | ${tracking('2MiB-blocks')} ns, 1 fault`,
    `a touch of a 2 MiB block through an invalid table | tracking | ${tracking('partly-touched')} ns, 2 faults; the first one of all, with 32 valid blocks, ${tracking('partly-touched', 'max')} ns`,
    `a touch of a 4 KiB page through an invalid table | tracking | ${tracking('4KiB-pages')} ns, 2 faults; the first one of all, with 512 valid pages, ${tracking('4KiB-pages', 'max')} ns`,
    `pages of 9 flushes: 64 MiB of 2 MiB blocks, two of them touched between | tracking | ${pages('2MiB-blocks')}`,
    `the same with 64 MiB more, below a table never touched | tracking | ${pages('untouched-table')}: 16,384 more in every flush`,
    `the same with one touch below that table between | tracking | ${pages('partly-touched')}`,
    `flushes of loops of 512, 8704, 33,280 operations, caches on | set-way-loops | ${flushes('on-512', 'on-8704', 'on-33280')}`,
    `the same, then caches off, the loop again, caches on | set-way-loops | ${flushes('off-512', 'off-8704', 'off-33280')}`,
    `the same with TTBR0 written before, in the middle of, after the loop; while the caches are off | set-way-loops | ${flushes('ttbr0-before', 'ttbr0-middle', 'ttbr0-after')}; ${flushes('ttbr0-while-off')}`,
    `wake-up by SGI: idle pCPU, behind a spinner, behind a flusher | sgi-wakeup | p50 ${whole(idle)}, ${whole(spinner)}, ${whole(behind)} ns; p99 behind a flusher ${us(behind99)} us, without the check ${ms(never99)} ms`,
    `default credit2, waker of 5 to 7 ms: p50, p90, p99, maximum | credit2-default | ${default2.join('; ')} ns; without any check ${never2.join(', ')} ms`,
    `4.12.0, waker of 1 ms: p50, p90, p99 | versions | ${versionText('4.12')}`,
    `master, the same | versions | ${versionText('master')}`,
    `either, without the check before the flush | versions | the same to within ${apart} ns`,
    ...sweepRows(runs),
  ].map((row) => `| ${row} |`);
}

/** The phase sweeps: the timer expires twice per three flushes, every second time 8 ns earlier than before. */
function sweepRows(runs: Runs): string[] {
  const sweeps = ['p-sweep-412', 'p-sweep-master'].map((name) => {
    const [stock, nopre] = ['stock', 'nopre'].map((policy) => runs.samples(name, policy, 'virq'));
    const helped = stock.flatMap((ns, i) => (nopre[i] - ns > 5000 ? [i] : []));
    const range = (values: readonly number[]) => {
      const chosen = helped.map((i) => values[i]);
      return `${us(Math.min(...chosen))} to ${us(Math.max(...chosen))}`;
    };
    return `${helped.length * 8} ns wide, where it waits ${range(stock)} us against ${range(nopre)} us`;
  });
  return [
    `phase sweep: window in which the check before the flush helps, 4.12; master | phase-sweep | ${sweeps.join('; ')}`,
  ];
}

/** Sentences about the first predictions. */
export function predictedSentences(runs: Runs): string[] {
  const virq = (name: string, statistic: string) => runs.of(name, '', 'virq', statistic);
  const stall = (policy: string, statistic: string) =>
    ms(runs.of('hog-stall', policy, 'stall', statistic));
  return [
    `Pages eight times as slow (2717 ns): a sleeper waits up to ${us(virq('slow-pages', 'max'))} us. A threshold of 5120: up to ${us(virq('threshold', 'max'))} us. Without a check during the flush: up to ${ms(virq('no-check', 'max'))} ms.`,
    `A guest that only computes is stopped for ${stall('stock', 'p50')} ms (median; the longest ${stall('stock', 'max')} ms, while its credit is used up) by flushes of 256 MiB that check for softirqs, for ${stall('never', 'p50')} ms (${stall('never', 'max')} ms) by ones that do not.`,
  ];
}
