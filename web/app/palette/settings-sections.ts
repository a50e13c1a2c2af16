import { msg } from '../../language/t.ts'

/** The sections of the settings, and what else one may call them. */
const settings = [
  ['appearance', msg('Appearance'), 'theme dark light'],
  ['notifications', msg('Notifications'), 'push alerts'],
  ['your-data', msg('Your data'), 'import export chatgpt'],
  ['assistants', msg('Assistants'), 'presets prompts'],
  ['archived-sessions', msg('Archived sessions'), 'archive'],
  ['shared-links', msg('Shared links'), 'revoke'],
  ['models', msg('Models'), ''],
  ['tools', msg('Tools'), 'mcp'],
] as const

/** Items that need accounts; the first three are not for guests. */
const account = [
  ['profile', msg('Profile'), 'name account'],
  ['password', msg('Password'), 'account change'],
  ['second-factor', msg('Second factor'), 'account authenticator code'],
  ['where-you-are-signed-in', msg('Where you are signed in'), 'account logins sign out'],
  ['api-keys', msg('API keys'), 'account programs'],
  ['delete-the-account', msg('Delete the account'), 'remove'],
] as const

const GUEST_FROM = 3

/** The sections that the settings of this person have: the name in the address, the title, and further words. */
export function settingsSections({
  hasAccounts,
  isGuest,
}: Record<'hasAccounts' | 'isGuest', boolean>) {
  return [...settings, ...(hasAccounts ? account.slice(isGuest ? GUEST_FROM : 0) : [])]
}
