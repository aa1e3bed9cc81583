import type { Story, Wait } from './waits.ts';

/** What the time of a pCPU goes to, by number, and what that is to a vCPU that waits behind another. */
const OWN = ['guest', 'flush', 'path', 'softirq', 'switch', 'interrupt', 'lock', 'idle'];
const BEHIND: Readonly<Record<string, string>> = {
  guest: 'behind_guest',
  flush: 'behind_flush',
  path: 'behind_path',
  lock: 'behind_path',
};

interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly what: number;
  readonly vcpu: number;
}

/** Finds what waits were made of: stretches of time, cut where they begin and end. */
export class CauseFinder {
  private readonly story: Story;
  private readonly pcpus: Stretch[][];
  /** By vCPU: the pCPUs it was on. */
  private readonly places: Stretch[][];
  /** By vCPU: timers of it that fired late: when they were due, and when the softirq was raised that served them. */
  private readonly served = new Map<string, number>();

  constructor(story: Story, timers: readonly Wait[], slotOf: (vcpu: number) => readonly number[]) {
    this.story = story;
    this.pcpus = story.machine.pcpus.map(({ id }) =>
      stretches(story.on('activity', id), story.end),
    );
    this.places = story.machine.vcpus.map(({ id }) => stretches(story.of('moved', id), story.end));
    for (const { id } of story.machine.vcpus) {
      const own = slotOf(id);
      for (const { end, began, raised } of timers) {
        if (end === undefined || raised === undefined || !own.includes(end.a)) continue;
        this.served.set(`${id} ${began}`, raised);
      }
    }
  }

  /** The causes of a wait that has some, by name [ns]. */
  of({ pcpu, vcpu, began, end, raised }: Wait): Record<string, number> {
    const sums: Record<string, number> = {};
    const add = (cause: string, length: number) => {
      if (length > 0) sums[cause] = (sums[cause] ?? 0) + length;
    };
    const to = end?.at ?? this.story.end;
    const timer = vcpu < 0 ? raised : this.served.get(`${vcpu} ${began}`);
    let from = began;
    if (timer !== undefined && timer > began) {
      from = Math.min(timer, to);
      add('timer', from - began);
    }
    const places = vcpu < 0 ? [{ from: 0, to, what: pcpu }] : this.places[vcpu];
    for (const place of places) {
      for (const { from: a, to: b, what, vcpu: current } of within(
        this.pcpus[place.what],
        from,
        to,
      )) {
        const length = Math.min(b, to, place.to) - Math.max(a, from, place.from);
        const name = OWN[what];
        const own = vcpu < 0 || current === vcpu;
        add(own ? name : (BEHIND[name] ?? name), length);
      }
    }
    return sums;
  }
}

function stretches(
  changes: readonly { at: number; a: number; vcpu: number }[],
  end: number,
): Stretch[] {
  return changes
    .map(({ at, a, vcpu }, i) => ({ from: at, to: changes[i + 1]?.at ?? end, what: a, vcpu }))
    .filter(({ from, to }) => to > from);
}

/** Those that overlap with the time between, at least. */
function* within(list: readonly Stretch[], from: number, to: number): Generator<Stretch> {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].to < from) low = middle + 1;
    else high = middle;
  }
  for (let i = low; i < list.length && list[i].from <= to; i++) yield list[i];
}
