import { square } from '../engine/elementary.ts';
import type { RandomStream } from '../engine/random-stream.ts';
import { uniformInteger } from '../engine/variates.ts';
import { mean } from './mean.ts';

/** Levels of each input, from 0 to 1, and how far a step goes: Morris (1991) for an even number of levels. */
const LEVELS = 4;
export const STEP = LEVELS / (2 * (LEVELS - 1));

/** A point of the unit cube, and the input in which it differs from the one before; -1: the first of a trajectory. */
export interface MorrisPoint {
  readonly at: readonly number[];
  readonly moved: number;
}

/**
 * The design of Morris: `trajectories` walks from random points of a grid, in each of which every one of `inputs` inputs is
 * moved once, in a random order, by STEP up or down. So many points: trajectories (inputs + 1).
 */
export function morrisDesign(
  inputs: number,
  trajectories: number,
  stream: RandomStream,
): MorrisPoint[] {
  const points: MorrisPoint[] = [];
  for (let t = 0; t < trajectories; t++) {
    const at = Array.from(
      { length: inputs },
      () => uniformInteger(stream, 0, LEVELS - 1) / (LEVELS - 1),
    );
    points.push({ at: [...at], moved: -1 });
    for (const moved of shuffled(inputs, stream)) {
      // Of a grid with an even number of levels each point can go exactly one way.
      at[moved] += at[moved] < 0.5 ? STEP : -STEP;
      points.push({ at: [...at], moved });
    }
  }
  return points;
}

/** How an output answers to an input, over its whole range. */
export interface Effect {
  /** Mean of the elementary effects: its direction, if it has one. */
  readonly mu: number;
  /** Mean of their absolute values (Campolongo 2007): how much the input matters. */
  readonly muStar: number;
  /** Their standard deviation: how much that depends on the other inputs. NaN for one trajectory. */
  readonly sigma: number;
}

/** The elementary effects of every input, from the output at each point of a design. Steps from or to an output that is NaN do not count. */
export function elementaryEffects(
  points: readonly MorrisPoint[],
  outputs: readonly number[],
  inputs: number,
): Effect[] {
  const effects = Array.from({ length: inputs }, (): number[] => []);
  points.forEach(({ at, moved }, i) => {
    if (moved < 0) return;
    const step = at[moved] - points[i - 1].at[moved];
    const effect = (outputs[i] - outputs[i - 1]) / step;
    if (!Number.isNaN(effect)) effects[moved].push(effect);
  });
  return effects.map((of) => {
    const mu = mean(of);
    const squares = of.reduce((sum, effect) => sum + square(effect - mu), 0);
    return { mu, muStar: mean(of.map(Math.abs)), sigma: Math.sqrt(squares / (of.length - 1)) };
  });
}

/** The numbers 0 .. count - 1 in a random order (Fisher and Yates). */
function shuffled(count: number, stream: RandomStream): number[] {
  const numbers = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInteger(stream, 0, i);
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}
