/** A law of the simulation was broken: a defect of the program, not of its input. Ends the replication. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/**
 * Ends the replication with `law` unless `holds`. Stays on in production.
 * @throws InvariantError
 */
export function invariant(holds: boolean, law: string): asserts holds {
  if (!holds) throw new InvariantError(law);
}
