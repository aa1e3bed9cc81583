import type { Worst } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import { jobNames } from '../../experiment/schema/schema.ts';
import { eventsAround, vcpuText } from '../../report/explanation.ts';
import { laneStyle, momentOf } from '../../report/html/lanes.ts';
import { LogFullError } from '../../traces/run-log.ts';
import { recordTimeline } from '../../traces/timeline.ts';
import { Tracks } from '../../traces/tracks.ts';
import { type Lane, lanesIn } from '../../traces/window-lanes.ts';
import type { WorstCase } from '../messages.ts';
import { causeParts } from './shown.ts';

/** Stretches and marks, and events, that a page can show at most. */
const DRAWN_MAX = 4000;
const EVENTS_MAX = 2000;

/**
 * What happened around one of the worst samples: its replication is run again for it.
 * @param command - the command that writes all of its timeline
 */
export function worstCase(worst: Worst, seed: number, command: string): WorstCase {
  const { cell, kind, replication, time, latency, pcpu, vcpu, causes, censored } = worst;
  const start = time - latency;
  const { window } = momentOf(worst);
  const lanes = lanesOf(worst, seed).map(({ name, stretches, marks }) => ({
    name,
    stretches: [...stretches]
      .sort((a, b) => a.depth - b.depth || a.from - b.from)
      .map((stretch) => ({
        from: Math.max(stretch.from, window.from) - start,
        to: Math.min(stretch.to, window.to) - start,
        name: stretch.name,
        depth: stretch.depth,
        fill: laneStyle(stretch.name).fill,
      })),
    marks: marks.map((mark) => ({ at: mark.at - start, name: mark.name })),
  }));
  const styles = new Set(
    lanes.flatMap(({ stretches }) => stretches.map(({ name }) => laneStyle(name))),
  );
  return {
    title: `The worst ${kind} under ${cell.policy}: ${censored ? 'at least ' : ''}${timeText(latency)}, ${vcpu < 0 ? '' : `${vcpuText(cell, vcpu)} `}on pCPU ${pcpu}, in replication ${replication}`,
    latency,
    from: window.from - start,
    to: window.to - start,
    causes: causeParts(causes, jobNames(cell)),
    events: eventsAround(worst, seed).slice(0, EVENTS_MAX),
    lanes,
    legend: [...styles].map(({ name, fill }) => ({ name, fill })),
    command,
  };
}

/** The lanes around a sample; none if too much happened. */
function lanesOf(worst: Worst, seed: number): Lane[] {
  const { window } = momentOf(worst);
  const until = Math.max(worst.time - 0, window.to - 0);
  try {
    const timeline = recordTimeline(worst.cell.setup, seed, worst.replication, until);
    const lanes = lanesIn(timeline, new Tracks(timeline), window);
    const drawn = lanes.reduce(
      (sum, { stretches, marks }) => sum + stretches.length + marks.length,
      0,
    );
    return drawn > DRAWN_MAX ? [] : lanes;
  } catch (error) {
    if (error instanceof LogFullError) return [];
    throw error;
  }
}
