/** Formats US dollars; small amounts keep two significant digits. */
export function formatCost(usd: number | null): string {
  if (usd === null) return 'unknown'
  const small = usd > 0 && usd < 0.1
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency: 'USD',
    ...(small ? { maximumSignificantDigits: 2 } : {}),
  }).format(usd)
}
