import { printable } from '../input/problems.ts';

/*
 * What the program says goes through here: a stranger's folder or file, or an argument, must not send escape sequences to the
 * terminal.
 */

/** Says something on standard output. */
export function say(text: string): void {
  console.log(safeLines(text));
}

/** Says something on standard error. */
export function complain(text: string): void {
  console.error(safeLines(text));
}

/** Text of several lines that is safe on a terminal. */
export function safeLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}
