/**
 * A number with what is counted: `1 cell`, `2 cells`; every count that people read is written by this.
 * @param count - as a number, or as the text it is written as
 * @param many - the word for any number but one, if it does not end in -s
 */
export function counted(count: number | string, one: string, many = `${one}s`): string {
  return `${count} ${String(count) === '1' ? one : many}`;
}
