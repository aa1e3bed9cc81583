/*
 * Queues as plain arrays that stay short. Not splice(), which makes an array of what it takes out, even of nothing:
 * a scheduler that decides a million times a second feels that.
 */

/** Puts `item` at position `at` (0 .. length) of `queue`. */
export function insertAt<T>(queue: T[], at: number, item: T): void {
  queue.push(item);
  for (let i = queue.length - 1; i > at; i--) queue[i] = queue[i - 1];
  queue[at] = item;
}

/** Takes what is at position `at` (0 .. length - 1) off `queue`. */
export function removeAt<T>(queue: T[], at: number): void {
  for (let i = at + 1; i < queue.length; i++) queue[i - 1] = queue[i];
  queue.pop();
}
