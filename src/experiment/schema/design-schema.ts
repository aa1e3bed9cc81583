import { z } from 'zod';
import { list, mapping, NAME_OR_MAPPING, orName, word } from '../../input/fields.ts';

const factorName = word(/^[a-z][a-z0-9_]{0,39}$/, 'the name of a factor');

const kindSchema = z.discriminatedUnion(
  'name',
  [
    mapping({ name: z.literal('product') }),
    mapping({
      name: z.literal('star'),
      interactions: list(
        list(factorName, 'factors').min(2, { error: () => 'two factors or more' }),
        'lists of factors, such as [[ram, page]]',
      )
        .optional()
        .transform((interactions) => interactions ?? []),
    }),
  ],
  {
    error: (issue) => (issue.code === 'invalid_union' ? 'one of: product, star' : NAME_OR_MAPPING),
  },
);

/** Which combinations of levels are cells. */
export const designSchema = orName(kindSchema, ['product', 'star']);

/**
 * Which combinations of levels are cells: all (product), or (star) the first levels of all factors, those that differ from
 * them in one factor, and those that differ in factors of one interaction only.
 */
export type Design = z.output<typeof kindSchema>;
