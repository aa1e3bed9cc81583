/** What vCPUs do, and what programs of one's own are made of. */
export { periodicExpiries, poissonExpiries } from '../guests/expiries.ts';
export { Hog } from '../guests/hog.ts';
export * from '../guests/program.ts';
export { SetWayFlusher } from '../guests/set-way-flusher.ts';
export { type Expiries, Waker } from '../guests/waker.ts';
