import { z } from 'zod'

/** The reason why a run ended as `failed`. Section 6 of the contract says when each is used. */
export const RunErrorCode = z.enum([
  'provider_unreachable',
  'provider_auth',
  'provider_rate_limit',
  'provider_error',
  'provider_timeout',
  'provider_stalled',
  'provider_cut',
  'provider_empty',
  'bad_request',
  'context_too_long',
  'budget',
  /** The answer is not valid as the requested JSON. */
  'output_invalid',
  'internal',
])
export type RunErrorCode = z.infer<typeof RunErrorCode>

/** `message` is for the user; `retryable` is true when a retry may help. */
export const RunError = z.object({
  code: RunErrorCode,
  message: z.string(),
  retryable: z.boolean(),
})
export type RunError = z.infer<typeof RunError>
