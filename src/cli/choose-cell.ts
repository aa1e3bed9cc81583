import type { Cell } from '../experiment/schema/schema.ts';
import { closest } from '../input/closest.ts';
import { printable } from '../input/problems.ts';

const SHOWN_MAX = 10;

/**
 * The cell with the id `text`, or the only one whose id contains it; without a text the only cell.
 * @returns the cell, or for people why there is none
 */
export function chooseCell(cells: readonly Cell[], text: string | undefined): Cell | string {
  if (text === undefined) {
    return cells.length === 1
      ? cells[0]
      : `--cell is missing: which of the ${cells.length} cells?${list(cells)}`;
  }
  const exact = cells.find(({ id }) => id === text);
  if (exact !== undefined) return exact;
  const found = cells.filter(({ id }) => id.includes(text));
  if (found.length === 1) return found[0];
  const named = `--cell ${printable(text)}`;
  if (found.length > 1)
    return `${named}: ${found.length} cells have this in their id:${list(found)}`;
  const meant = closest(
    text,
    cells.map(({ id }) => id),
  );
  const hint = meant === undefined ? '' : ` Did you mean ${meant}?`;
  return `${named}: no cell has this in its id.${hint} The cells are:${list(cells)}`;
}

function list(cells: readonly Cell[]): string {
  const shown = cells.slice(0, SHOWN_MAX).map(({ id }) => `\n  ${id}`);
  const more = cells.length - shown.length;
  return shown.join('') + (more > 0 ? `\n  and ${more} more` : '');
}
