import { z } from 'zod'

/** A schema check for text columns: Postgres cannot store U+0000 in them. */
export const noNul = z.refine<string>(
  (text) => !text.includes('\u0000'),
  'must not contain the character U+0000',
)
