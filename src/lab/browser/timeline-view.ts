import { timeText } from '../../analysis/time-text.ts';
import type { WorstCase } from '../messages.ts';
import { byId, colourSwatch, element, svg, table } from './elements.ts';
import { causeBar, partText } from './tables.ts';

const ROW = 24;
const LABEL = 150;
const AXIS = 26;
/** A name is written into a stretch that is so wide [px]; and about what a letter takes. */
const NAMED = 46;
const LETTER = 6.4;
/** Marks on the axis. */
const TICKS = 6;
/** The least part of all that can be looked at. */
const PART_LEAST = 1e-5;

/** The timeline of a worst case: zoomed, moved, and gone through event by event, by pointer or keys. */
export class TimelineView {
  private worst: WorstCase | undefined;
  private from = 0;
  private to = 1;
  private event = -1;
  private frame = 0;

  constructor() {
    for (const [id, act] of Object.entries(this.actions())) byId(id).addEventListener('click', act);
    const place = byId('timeline');
    place.addEventListener('keydown', (event) => this.key(event));
    place.addEventListener('wheel', (event) => this.wheel(event), { passive: false });
    place.addEventListener('pointerdown', (event) => this.drag(event));
    addEventListener('resize', () => this.redraw());
  }

  show(worst: WorstCase): void {
    this.worst = worst;
    [this.from, this.to] = [worst.from, worst.to];
    this.event = -1;
    byId('worst-title').textContent = worst.title;
    byId('worst-causes').replaceChildren(...causesOf(worst));
    byId('worst-command').textContent = worst.command;
    byId('lane-legend').replaceChildren(
      ...worst.legend.map(({ name, fill }) => element('li', {}, colourSwatch(fill), ` ${name}`)),
    );
    byId('events').replaceChildren(
      ...worst.events.map(({ at, text }, i) => {
        const button = element('button', { type: 'button' }, `${signed(at)}  ${text}`);
        button.addEventListener('click', () => this.go(i));
        return element('li', {}, button);
      }),
    );
    byId('event').textContent = '';
    this.redraw();
  }

  private actions(): Readonly<Record<string, () => void>> {
    return {
      'zoom-in': () => this.zoom(2),
      'zoom-out': () => this.zoom(0.5),
      'zoom-all': () => this.zoom(0),
      'move-left': () => this.move(-0.25),
      'move-right': () => this.move(0.25),
      'event-before': () => this.go(this.event - 1),
      'event-next': () => this.go(this.event + 1),
    };
  }

  private key(event: KeyboardEvent): void {
    const { key, shiftKey } = event;
    const names: Readonly<Record<string, string>> = {
      '+': 'zoom-in',
      '-': 'zoom-out',
      '0': 'zoom-all',
      ArrowLeft: shiftKey ? 'move-left' : 'event-before',
      ArrowRight: shiftKey ? 'move-right' : 'event-next',
    };
    const act = this.actions()[names[key] ?? ''];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && Math.abs(event.deltaX) < Math.abs(event.deltaY)) return;
    event.preventDefault();
    if (event.ctrlKey) this.zoom(event.deltaY < 0 ? 1.2 : 1 / 1.2, this.timeAt(event.clientX));
    else this.move(event.deltaX / 1000);
  }

  private drag(start: PointerEvent): void {
    const place = byId('timeline');
    const width = place.clientWidth - LABEL;
    let last = start.clientX;
    place.setPointerCapture(start.pointerId);
    const move = ({ clientX }: PointerEvent) => {
      this.move((last - clientX) / width);
      last = clientX;
    };
    place.addEventListener('pointermove', move);
    place.addEventListener('pointerup', () => place.removeEventListener('pointermove', move), {
      once: true,
    });
  }

  private timeAt(clientX: number): number {
    const { left, width } = byId('timeline').getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (clientX - left - LABEL) / (width - LABEL)));
    return this.from + part * (this.to - this.from);
  }

  /** @param factor - 0: all of it */
  private zoom(factor: number, around = this.middle()): void {
    if (this.worst === undefined) return;
    const { from, to } = this.worst;
    const all = to - from;
    const old = this.to - this.from;
    const size = factor === 0 ? all : Math.min(all, Math.max(all * PART_LEAST, old / factor));
    this.look(around - ((around - this.from) * size) / old, size);
  }

  /** The event that is being looked at, if it can be seen; else the middle. */
  private middle(): number {
    const at = this.worst?.events[this.event]?.at;
    return at !== undefined && at >= this.from && at <= this.to ? at : (this.from + this.to) / 2;
  }

  private move(part: number): void {
    const size = this.to - this.from;
    this.look(this.from + part * size, size);
  }

  private look(from: number, size: number): void {
    if (this.worst === undefined) return;
    const { worst } = this;
    this.from = Math.max(worst.from, Math.min(from, worst.to - size));
    this.to = this.from + size;
    this.redraw();
  }

  /** Goes to an event, which is read out. */
  private go(to: number): void {
    const { worst } = this;
    if (worst === undefined || worst.events.length === 0) return;
    this.event = Math.max(0, Math.min(to, worst.events.length - 1));
    const { at, text } = worst.events[this.event];
    const next = worst.events[this.event + 1];
    const until = next === undefined ? '' : `; then nothing for ${timeText(next.at - at)}`;
    const where = at < 0 ? `${timeText(-at)} before it began` : `${timeText(at)} after it began`;
    byId('event').textContent =
      `Event ${this.event + 1} of ${worst.events.length}, ${where}: ${text.trim()}${until}.`;
    const items = byId('events').children;
    for (const item of items) item.removeAttribute('aria-current');
    items[this.event]?.setAttribute('aria-current', 'step');
    items[this.event]?.scrollIntoView({ block: 'nearest' });
    const size = this.to - this.from;
    if (at < this.from || at > this.to) this.look(at - size / 2, size);
    else this.redraw();
  }

  private redraw(): void {
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.worst !== undefined) this.draw(this.worst);
    });
  }

  private draw({ lanes, latency, events }: WorstCase): void {
    const place = byId('timeline');
    const width = Math.max(320, place.clientWidth);
    const scale = (width - LABEL) / (this.to - this.from);
    const x = (time: number) =>
      LABEL + (Math.max(this.from, Math.min(time, this.to)) - this.from) * scale;
    const isSeen = (from: number, to: number) => to >= this.from && from <= this.to;
    const height = lanes.length * ROW;
    const rows = lanes.flatMap(({ name, stretches, marks }, i) => {
      const y = i * ROW;
      const drawn = stretches
        .filter(({ from, to }) => isSeen(from, to))
        .map((stretch) => {
          const { from, to, fill, depth } = stretch;
          const inset = Math.min(3 * depth, 9);
          const size = Math.max(0.5, x(to) - x(from));
          const box = svg('rect', {
            x: x(from),
            y: y + 2 + inset,
            width: size,
            height: ROW - 4 - inset,
            fill,
          });
          box.append(svg('title', {}, `${stretch.name}: ${timeText(to - from)}`));
          return size < NAMED ? [box] : [box, label(stretch.name, x(from) + 4, y + 17, size - 8)];
        });
      const lines = marks
        .filter(({ at }) => isSeen(at, at))
        .map(({ at, name: what }) => {
          const line = svg('path', { d: `M${x(at)} ${y}v${ROW}`, class: 'mark' });
          line.append(svg('title', {}, `${what}, ${signed(at)}`));
          return line;
        });
      return [text(name, 0, y + 17, 'lane'), ...drawn.flat(), ...lines];
    });
    const ends = [0, latency]
      .filter((at) => isSeen(at, at))
      .map((at) => svg('path', { d: `M${x(at)} 0V${height}`, class: 'end' }));
    const now = events[this.event];
    const cursor =
      now === undefined || !isSeen(now.at, now.at)
        ? []
        : [svg('path', { d: `M${x(now.at)} 0V${height + 6}`, class: 'cursor' })];
    const attributes = { viewBox: `0 0 ${width} ${height + AXIS}`, 'aria-hidden': 'true' };
    place.replaceChildren(
      svg('svg', attributes, ...rows, ...ends, ...cursor, ...this.axis(x, height)),
    );
  }

  private axis(x: (time: number) => number, height: number): SVGElement[] {
    return ticksBetween(this.from, this.to).flatMap((at) => [
      svg('path', { d: `M${x(at)} 0V${height + 4}`, class: 'tick' }),
      text(at === 0 ? '0' : signed(at), x(at), height + 18, 'time'),
    ]);
  }
}

function text(content: string, x: number, y: number, name: string): SVGElement {
  return svg('text', { x, y, class: name }, content);
}

/** A name in the room that there is for it [px]. */
function label(name: string, x: number, y: number, room: number): SVGElement {
  const letters = Math.floor(room / LETTER);
  return text(name.length > letters ? `${name.slice(0, letters - 1)}…` : name, x, y, 'name');
}

function ticksBetween(from: number, to: number): number[] {
  const rough = (to - from) / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const first = Math.ceil(from / step);
  const count = Math.floor(to / step) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

/** What each nanosecond of it went to. */
function causesOf({ causes, latency }: WorstCase): Element[] {
  const rows = causes.map((part) => [
    element('span', {}, colourSwatch(part.fill), ` ${part.words}`),
    timeText(part.ns),
    partText(part, causes),
  ]);
  const caption = `What each ns of ${timeText(latency)} went to`;
  return [causeBar(causes, 600), table(caption, ['what', 'time', 'part'], rows)];
}

function signed(ns: number): string {
  return `${ns < 0 ? '-' : '+'}${timeText(Math.abs(ns))}`;
}
