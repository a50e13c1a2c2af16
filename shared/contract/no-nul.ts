import { z } from 'zod'

/** A check of text for a column: Postgres keeps no U+0000 there. */
export const noNul = z.refine<string>(
  (text) => !text.includes('\u0000'),
  'must not contain the character U+0000',
)
