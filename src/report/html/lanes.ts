import type { Worst } from '../../analysis/digest.ts';
import { timeText } from '../../analysis/time-text.ts';
import type { Duration, Time } from '../../engine/time.ts';
import type { Setup } from '../../experiment/schema/schema.ts';
import { LogFullError } from '../../traces/run-log.ts';
import { recordTimeline, type Timeline } from '../../traces/timeline.ts';
import { Tracks } from '../../traces/tracks.ts';
import { type Lane, lanesIn, type Span, TOOLSTACK_LANE } from '../../traces/window-lanes.ts';
import { swatch } from '../draw/cause-style.ts';
import { figure } from '../draw/figure.ts';
import { momentAxis } from '../draw/moments.ts';
import { svgText, WIDTH } from '../draw/svg.ts';
import { escapeHtml } from './escape.ts';

/** What stretches of such names are, and how they are filled. */
export interface LaneStyle {
  readonly of: RegExp;
  readonly name: string;
  readonly fill: string;
}

const FILLS: readonly LaneStyle[] = [
  { of: /^guest |^running$/, name: 'guest, running', fill: '#56b4e9' },
  { of: /^flush/, name: 'flush', fill: '#d55e00' },
  { of: /^(hypervisor|return path)$/, name: 'other hypervisor code', fill: '#cc79a7' },
  { of: /interrupt$|^SGI$/, name: 'interrupt', fill: '#f0e442' },
  { of: / softirq$/, name: 'softirq handler', fill: '#009e73' },
  { of: / pending$/, name: 'softirq pending', fill: '#0072b2' },
  { of: /^runnable$/, name: 'runnable, waits', fill: '#e69f00' },
  { of: /(?:)/, name: 'other', fill: '#999999' },
];
const TITLE = 'The latency lies between the dashed lines';
const LABEL = 140;
const ROW = 22;
/** What is drawn besides the latency, as a part of it, and at most so many stretches and marks. */
const MARGIN = 0.05;
/** What is drawn at least, as a latency may be none at all [ns]. */
const LEAD_MIN = 1000;
const DRAWN_MAX = 1500;

/** A latency, and what is drawn of its replication: a little before it and after, too. */
export interface Moment {
  /** The kind of latency. */
  readonly of: string;
  readonly latency: Span;
  readonly window: Span;
}

/** Moments of one replication, and how far that is to be run. Plain data, which can be sent to another thread. */
export interface LaneJob {
  readonly setup: Setup;
  readonly seed: number;
  readonly replication: number;
  readonly moments: readonly Moment[];
}

/** What is drawn of a sample, and where in its cell's time it lies. */
export function momentOf({ kind, cell, time, latency }: Worst): Moment {
  const start = time - latency;
  const lead = Math.max(LEAD_MIN, Math.ceil(MARGIN * latency));
  const window = {
    from: Math.max(0, start - lead),
    to: Math.min(cell.setup.duration, time + lead),
  };
  return { of: kind, latency: { from: start, to: time }, window };
}

/**
 * Draws moments as lanes: pCPUs with their interrupts, softirq handlers, chunks and check points, softirqs that are
 * pending, vCPUs. The replication is run again for it, so it can be drawn from the numbers alone.
 * @returns a figure per moment; empty if too much happened
 */
export function drawLanes({ setup, seed, replication, moments }: LaneJob): string[] {
  const last = Math.max(...moments.map(({ latency }) => latency.to - 0));
  const until = Math.max(setup.duration, last);
  const timeline = recorded(setup, seed, replication, until);
  if (timeline === undefined) return moments.map(() => '');
  const tracks = new Tracks(timeline);
  return moments.map((moment) => draw(lanesIn(timeline, tracks, moment.window), moment));
}

function recorded(
  setup: Setup,
  seed: number,
  replication: number,
  until: Duration,
): Timeline | undefined {
  try {
    return recordTimeline(setup, seed, replication, until);
  } catch (error) {
    if (error instanceof LogFullError) return undefined;
    throw error;
  }
}

function draw(lanes: readonly Lane[], { of, window, latency }: Moment): string {
  const drawn = lanes.reduce((sum, lane) => sum + lane.stretches.length + lane.marks.length, 0);
  if (lanes.length === 0 || drawn > DRAWN_MAX) return '';
  const scale = (WIDTH - LABEL) / (window.to - window.from);
  const x = (time: Time) =>
    round((Math.min(Math.max(time, window.from), window.to) - window.from) * scale);
  const rows = lanes.map((lane, i) => {
    const y = i * ROW;
    const stretches = [...lane.stretches]
      .sort((a, b) => a.depth - b.depth || a.from - b.from)
      .map(({ from, to, name, depth }) => {
        const inset = Math.min(3 * depth, 9);
        const text = escapeHtml(`${name}: ${timeText(to - from)}`);
        return (
          `<rect x="${x(from)}" y="${y + 2 + inset}" width="${round(Math.max(0.3, x(to) - x(from)))}" ` +
          `height="${ROW - 4 - inset}" fill="${laneStyle(name).fill}"><title>${text}</title></rect>`
        );
      });
    const marks = lane.marks.map(
      ({ at, name }) =>
        `<path d="M${x(at)} ${y}v${ROW}" stroke="currentColor" stroke-width="1" vector-effect="non-scaling-stroke"><title>${escapeHtml(
          `${name} at ${timeText(at)}`,
        )}</title></path>`,
    );
    return stretches.join('') + marks.join('');
  });
  const height = lanes.length * ROW;
  const names = lanes.map(({ name }, i) => svgText(0, (i + 0.7) * ROW, name));
  const bounds = [latency.from, latency.to].map(
    (time) =>
      `<path d="M${x(time)} 0V${height}" stroke="#cc79a7" stroke-width="2" stroke-dasharray="4 3" vector-effect="non-scaling-stroke"/>`,
  );
  const toolstack = lanes.some(({ name }) => name === TOOLSTACK_LANE) ? ', or an event' : '';
  const seen = { from: window.from - latency.from, to: window.to - latency.from };
  const svg = [
    `<svg viewBox="0 0 ${WIDTH} ${height + 22}" role="img" aria-label="${TITLE}">`,
    `<g class="names">${names.join('')}</g>`,
    `<svg class="zoom" data-from="${seen.from}" data-to="${seen.to}" x="${LABEL}" y="0" width="${WIDTH - LABEL}" height="${height}" viewBox="0 0 ${WIDTH - LABEL} ${height}" preserveAspectRatio="none">`,
    rows.join('\n'),
    bounds.join(''),
    '</svg>',
    `<g class="moments">${momentAxis({ ...seen, left: LABEL, right: WIDTH }, height)}</g>`,
    '</svg>',
  ];
  return figure({
    title: `${of}: around its worst`,
    svg: svg.join('\n'),
    caption: `${TITLE}, which began at ${timeText(latency.from)}, where the axis has its 0. A line is a wake, a check point that found nothing, or -ERESTART${toolstack}; hover to read.`,
    legend: legendOf(lanes),
    kind: 'strip lanes',
  });
}

/** How a stretch of this name is drawn. */
export function laneStyle(name: string): LaneStyle {
  return FILLS.find(({ of }) => of.test(name)) ?? FILLS[FILLS.length - 1];
}

/** What the colours of the stretches mean that are drawn. */
function legendOf(lanes: readonly Lane[]): string {
  const drawn = new Set(
    lanes.flatMap(({ stretches }) => stretches.map(({ name }) => laneStyle(name))),
  );
  const entries = FILLS.filter((style) => drawn.has(style)).map(
    ({ name, fill }) => `<li>${swatch(fill)} ${name}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function round(value: number): number {
  return Number(value.toFixed(3));
}
