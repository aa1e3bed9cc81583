import { type Cause, causesOf } from '../../measure/causes.ts';

/** Fill of each cause. What is behind another vCPU has the colour of the vCPU's own, hatched. */
const FILLS: Readonly<Record<Cause, string>> = {
  guest: '#56b4e9',
  flush: '#d55e00',
  path: '#e69f00',
  softirq: '#009e73',
  switch: '#cc79a7',
  interrupt: '#f0e442',
  lock: '#000000',
  idle: '#999999',
  behind_guest: 'url(#hatch-guest)',
  behind_flush: 'url(#hatch-flush)',
  behind_path: 'url(#hatch-path)',
  timer: '#0072b2',
  forgotten: 'url(#hatch-idle)',
};

/** Fills of jobs' units, in the order of the jobs, over and over; of another vCPU's they are paler. */
const JOB_FILLS = ['#8c510a', '#01665e', '#762a83'] as const;
const JOB_FILLS_BEHIND = ['#d8b365', '#5ab4ac', '#af8dc3'] as const;

/** How a cause is filled. */
export function causeFill(cause: string, jobs: readonly string[]): string {
  const known = FILLS[cause as Cause];
  if (known !== undefined) return known;
  const fills = jobs.includes(cause) ? JOB_FILLS : JOB_FILLS_BEHIND;
  return fills[jobs.indexOf(cause.replace(/^behind_/, '')) % fills.length] ?? JOB_FILLS[0];
}

/** The hatchings, to be put into the page once. */
export function causePatterns(): string {
  const patterns = (['guest', 'flush', 'path', 'idle'] as const).map(
    (cause) =>
      `<pattern id="hatch-${cause}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">` +
      `<rect width="6" height="6" fill="#ffffff"/><rect width="3.5" height="6" fill="${FILLS[cause]}"/></pattern>`,
  );
  return `<svg class="patterns" width="0" height="0" aria-hidden="true"><defs>${patterns.join('')}</defs></svg>`;
}

/** A little square of a legend. */
export function swatch(fill: string, opacity = 1): string {
  return `<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><rect width="14" height="14" fill="${fill}" fill-opacity="${opacity}" stroke="currentColor"/></svg>`;
}

/** A legend of the causes that occur. */
export function causeLegend(sums: Iterable<readonly number[]>, jobs: readonly string[]): string {
  const all = [...sums];
  const entries = causesOf(jobs)
    .filter((_, i) => all.some((causes) => causes[i] > 0))
    .map((cause) => `<li data-series="${cause}">${swatch(causeFill(cause, jobs))} ${cause}</li>`);
  return `<ul class="legend">${entries.join('')}</ul>`;
}

/** The causes of a latency, largest first: `flush 19.5 ms, path 1 us`. */
export function byShare(
  causes: readonly number[],
  jobs: readonly string[],
): { cause: string; ns: number }[] {
  return causesOf(jobs)
    .map((cause, i) => ({ cause, ns: causes[i] ?? 0 }))
    .filter(({ ns }) => ns > 0)
    .sort((a, b) => b.ns - a.ns);
}
