import { z } from 'zod'
import { noNul } from '../../../shared/contract/storable.ts'

/** OpenAI's own bounds. */
export const Metadata = z
  .record(z.string().max(64).check(noNul), z.string().max(512).check(noNul))
  .refine((given) => Object.keys(given).length <= 16, 'may have 16 keys at most')
