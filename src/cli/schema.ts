import { z } from 'zod';
import { experimentSchema } from '../experiment/schema/schema.ts';
import { DONE } from './exit-codes.ts';
import { say } from './say.ts';

/**
 * The JSON Schema of experiment files, made from the schemas that check them, for editors that complete and check. What
 * depends on several values at once only `preemptlab check` knows.
 */
export function experimentJsonSchema(): object {
  const schema = z.toJSONSchema(experimentSchema, { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: 'preemptlab experiment' };
}

/** `preemptlab schema`. @returns the exit code */
export function schemaCommand(): number {
  say(JSON.stringify(experimentJsonSchema(), null, 2));
  return DONE;
}
