import { formatDate, formatNumber } from './format.ts'
import { t } from './t.ts'

/** A moment in words of this language; "never" for null. */
export function formatMoment(at: string | null): string {
  return at === null ? t('never') : formatDate(at, { dateStyle: 'medium', timeStyle: 'short' })
}

/** US dollars; small amounts keep two significant digits. */
export function formatCost(usd: number | null): string {
  if (usd === null) return t('unknown')
  const small = usd > 0 && usd < 0.1
  return formatNumber(usd, {
    style: 'currency',
    currency: 'USD',
    ...(small ? { maximumSignificantDigits: 2 } : {}),
  })
}

/** A duration in at most two units. */
export function formatDuration(milliseconds: number): string {
  const whole = (amount: number) => formatNumber(Math.floor(amount))
  if (milliseconds < 1000) {
    return t('{amount} ms', { amount: formatNumber(Math.round(milliseconds)) })
  }
  const seconds = milliseconds / 1000
  if (seconds < 60) {
    const digits = seconds < 10 ? 1 : 0
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits }
    return t('{amount} s', { amount: formatNumber(seconds, options) })
  }
  const parts = [
    [seconds / 86_400, (amount: string) => t('{amount} d', { amount })],
    [(seconds / 3600) % 24, (amount: string) => t('{amount} h', { amount })],
    [(seconds / 60) % 60, (amount: string) => t('{amount} min', { amount })],
    [seconds % 60, (amount: string) => t('{amount} s', { amount })],
  ] as const
  const first = parts.findIndex(([count]) => count >= 1)
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count >= 1)
    .map(([count, say]) => say(whole(count)))
    .join(' ')
}

const units = [
  (amount: string) => t('{amount} B', { amount }),
  (amount: string) => t('{amount} KiB', { amount }),
  (amount: string) => t('{amount} MiB', { amount }),
  (amount: string) => t('{amount} GiB', { amount }),
  (amount: string) => t('{amount} TiB', { amount }),
] as const

/** An amount of memory with a suitable unit. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const amount = bytes / 1024 ** power
  const digits = power === 0 || amount >= 100 ? 0 : 1
  const options = {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
    useGrouping: false,
  }
  return (units[power] ?? units[0])(formatNumber(amount, options))
}

/** A price in US dollars, with as many digits as it has. */
export function formatPrice(usd: number): string {
  return formatNumber(usd, {
    style: 'currency',
    currency: 'USD',
    minimumFractionDigits: 0,
    maximumFractionDigits: 6,
  })
}
