import { i18n } from './t.ts'

// Making a formatter takes far longer than using it.
const formatters = new Map<string, { format(value: never): string }>()

function memoized<Formatter extends { format(value: never): string }>(
  key: string,
  make: (tag: string) => Formatter,
): Formatter {
  const tag = localeTag()
  const full = `${tag} ${key}`
  const known = formatters.get(full)
  if (known) return known as Formatter
  const made = make(tag)
  formatters.set(full, made)
  return made
}

/** The language and region by which dates and numbers are written. */
function localeTag(): string {
  const { locales } = i18n
  return (Array.isArray(locales) ? locales[0] : locales) ?? i18n.locale
}

export function formatNumber(value: number, options: Intl.NumberFormatOptions = {}): string {
  const key = `number ${JSON.stringify(options)}`
  return memoized(key, (tag) => new Intl.NumberFormat(tag, options)).format(value)
}

/** @param at milliseconds, an ISO text or a date */
export function formatDate(
  at: number | string | Date,
  options: Intl.DateTimeFormatOptions = {},
): string {
  const key = `date ${JSON.stringify(options)}`
  return memoized(key, (tag) => new Intl.DateTimeFormat(tag, options)).format(new Date(at))
}
