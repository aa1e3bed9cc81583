import { timeText } from '../../analysis/time-text.ts';
import { counted } from '../../input/counted.ts';
import { isAtLevels, type KindData, type PageData } from '../draw/data.ts';
import { type MiniRow, valuesSvg } from '../draw/mini.ts';
import { boundsText } from '../draw/percentiles.ts';
import type { AnswerLine } from './answer-lines.ts';

/** Kinds that are shown so. */
const LINES_MAX = 4;
const METRICS = ['mean', 'p50', 'p99', 'max'] as const;

/** What a study without questions begins with: the kinds of latency that take time, with the values of its first cell. */
export function measuredLines(data: PageData): AnswerLine[] {
  const cell = data.cells.findIndex((each) => isAtLevels(each, data.base));
  return data.kinds.flatMap((kind) => lineOf(kind, cell)).slice(0, LINES_MAX);
}

function lineOf({ name, cells }: KindData, cell: number): AnswerLine[] {
  const own = cells[cell];
  const most = own?.statistics.max?.[0] ?? 0;
  if (own === null || own === undefined || most === 0) return [];
  const rows = METRICS.flatMap((metric): MiniRow[] => {
    const value = own.statistics[metric];
    return value === undefined ? [] : [{ name: metric, value, text: boundsText(value, short) }];
  });
  const mean = own.statistics.mean?.[0] ?? 0;
  return [
    {
      ask: name,
      verdict: `${short(mean)} on average, ${short(most)} at most.`,
      rest: '',
      number: '',
      of: counted(own.count, 'sample'),
      tally: [],
      svg: valuesSvg(name, rows, true),
    },
  ];
}

function short(ns: number): string {
  return timeText(ns, 3);
}
