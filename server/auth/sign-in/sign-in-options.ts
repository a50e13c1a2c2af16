import type { SignInOptions } from '../../../shared/contract/api/auth.ts'
import type { Config } from '../../config/config.ts'

/** The public description of the ways to sign in: names only, without values of the settings. */
export function describeSignIn(
  { auth, mail }: Pick<Config, 'auth' | 'mail'>,
  isEmbedded: boolean,
): Omit<SignInOptions, 'login'> {
  const mode = isEmbedded ? 'embedded' : auth.mode
  if (mode !== 'accounts') {
    return { mode, signup: 'closed', guests: false, providers: [], mail: false }
  }
  const { github, google, oidc } = auth.providers
  return {
    mode,
    signup: auth.signUp,
    guests: auth.guests,
    providers: [
      ...(github ? [{ id: 'github' as const, name: 'GitHub' }] : []),
      ...(google ? [{ id: 'google' as const, name: 'Google' }] : []),
      ...(oidc ? [{ id: 'oidc' as const, name: oidc.name }] : []),
    ],
    mail: mail !== null,
  }
}
