import { z } from 'zod'
import { group, query } from './declare.ts'

/** The ways to sign in; also for callers without a login. */
const SignInOptions = z.object({
  /** With `embedded`, the application around this server says who its people are. */
  mode: z.enum(['single', 'accounts', 'embedded']),
  signup: z.enum(['open', 'invite', 'closed']),
  guests: z.boolean(),
  /** Other sites with which people can sign in. */
  providers: z.array(z.object({ id: z.enum(['github', 'google', 'oidc']), name: z.string() })),
  /** True when this server sends mail; if not, administrators pass links on. */
  mail: z.boolean(),
  /** The kind of login of the caller; null without one. */
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
