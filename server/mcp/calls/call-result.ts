import { z } from 'zod'

/** The result of a call, as a server gives it. */
export const CallResult = z.object({
  content: z.array(z.unknown()).default([]),
  structuredContent: z.unknown().optional(),
  isError: z.boolean().optional(),
})
export type CallResult = z.infer<typeof CallResult>
