import type { EventKind } from '../../engine/simulation.ts';
import { IRQ_HYP_TIMER, IRQ_SGI, IRQ_VTIMER } from '../cpu/interrupts.ts';
import type { Pcpu } from '../cpu/pcpu.ts';
import * as kinds from './event-kinds.ts';
import type { Machine } from './machine.ts';
import type { MachineSetup, TableSetup } from './machine-setup.ts';
import { timerExpired } from './timer-callbacks.ts';

/** What happens on `machine` at each kind of event, by kind. Every handler notes on which pCPU it runs. */
export function eventHandlers(
  machine: Machine,
  { pcpus, domains, tables = [], operations = [] }: MachineSetup,
): EventKind[] {
  const vcpus = domains.reduce((sum, domain) => sum + domain.vcpus.length, 0);
  const onPcpu = (handle: (pcpu: Pcpu) => void) => (index: number) => {
    machine.here = index;
    machine.mayAdvance = true;
    handle(machine.pcpus[index]);
    machine.mayAdvance = false;
  };
  const segment = onPcpu((pcpu) => pcpu.segmentEnded());
  const timer = (kind: number, pcpu: (index: number) => number) => (index: number) => {
    machine.here = pcpu(index);
    timerExpired(machine, machine.slot(kind, index));
  };
  const interrupt = (line: number) => onPcpu((pcpu) => pcpu.interrupts.arrives(line));
  const vtimer = interrupt(IRQ_VTIMER);
  const processor = (index: number) => machine.vcpus[index].processor;
  const own = (index: number) => index;
  const first = () => 0;
  const table: EventKind[] = [];
  table[kinds.SOFTIRQ] = { count: pcpus, handler: segment };
  const toolstack = operations.length > 0 ? 1 : 0;
  table[kinds.TOOLSTACK] = { count: toolstack, handler: () => machine.toolstack.goOn() };
  table[kinds.OPERATION] = { count: toolstack, handler: () => machine.toolstack.begin() };
  table[kinds.RUN] = { count: pcpus, handler: segment };
  table[kinds.WAKE] = { count: vcpus, handler: timer(kinds.WAKE, processor) };
  table[kinds.GUEST_TIMER] = { count: vcpus, handler: timer(kinds.GUEST_TIMER, processor) };
  table[kinds.ACCT] = { count: 1, handler: timer(kinds.ACCT, first) };
  table[kinds.TICK] = { count: pcpus, handler: timer(kinds.TICK, own) };
  table[kinds.REPL] = { count: Math.max(1, domains.length), handler: timer(kinds.REPL, first) };
  table[kinds.STIMER] = { count: pcpus, handler: timer(kinds.STIMER, own) };
  table[kinds.SET] = {
    count: tables.length,
    handler: (index) => setTable(machine, tables[index], index),
  };
  table[kinds.HYP_TIMER] = { count: pcpus, handler: interrupt(IRQ_HYP_TIMER) };
  table[kinds.VTIMER] = {
    count: vcpus,
    handler: (index) => vtimer(processor(index)),
  };
  table[kinds.SGI] = { count: pcpus, handler: interrupt(IRQ_SGI) };
  return table;
}

/** The toolstack, on pCPU 0, sets a time table. */
function setTable(machine: Machine, table: TableSetup, index: number): void {
  machine.here = 0;
  machine.probe.tableSet(index, machine.scheduler.adjustGlobal?.(table) ?? false);
}
