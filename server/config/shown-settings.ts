import type { Settings } from './settings.ts'

/** A setting in the administrators' view. */
export type ShownSetting = {
  name: string
  /** Null when it is not set, and for a secret. */
  value: string | null
  /** True for a secret that is set, of which only the name is shown. */
  isHidden: boolean
}

/** Settings whose values are secrets, or contain one: keys, and addresses with a password. */
const SECRET = /(_KEY|_SECRET)$|^(DATABASE_URL|DATABASE_READ_URL|SMTP_URL|WAKE_URL)$/

/** The effective settings, including defaults. */
export function shownSettings(settings: Settings): ShownSetting[] {
  return Object.entries(settings)
    .map(([name, value]) => {
      const isHidden = SECRET.test(name) && value !== undefined
      return { name, value: isHidden || value === undefined ? null : textOf(value), isHidden }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

function textOf(value: unknown): string {
  const text = Array.isArray(value) ? value.join(', ') : String(value)
  // The address of any other setting may contain a password too.
  const address = URL.parse(text)
  if (!address?.password) return text
  address.password = '…'
  return address.href
}
