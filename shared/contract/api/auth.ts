import { z } from 'zod'
import { group, query } from './declare.ts'

/** How people get in; also for those who are not signed in. */
const SignInOptions = z.object({
  /** `embedded`: an application that embeds this server says who people are. */
  mode: z.enum(['single', 'accounts', 'embedded']),
  signup: z.enum(['open', 'invite', 'closed']),
  guests: z.boolean(),
  /** Others by which one can sign in. */
  providers: z.array(z.object({ id: z.enum(['github', 'google', 'oidc']), name: z.string() })),
  /** Whether this server sends mail; without, administrators hand links over. */
  mail: z.boolean(),
  /** By what the caller is known; null for nobody. */
  login: z.enum(['local', 'login', 'guest', 'key', 'token']).nullable(),
})
export type SignInOptions = z.infer<typeof SignInOptions>

export const auth = group('auth', {
  options: query({
    rest: 'GET /sign-in-options',
    summary: 'How people sign in here',
    output: SignInOptions,
    access: 'anyone',
  }),
})
