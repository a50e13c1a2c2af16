/** The value of an expression of numbers with + - * /, by the usual precedence; null when there is none. */
export function calculate(expression: string): string | null {
  const signs = expression.replaceAll('×', '*').replaceAll(/x/gi, '*').replaceAll('÷', '/')
  const tokens = signs.match(/(?<![\d.]\s*)-?\d+(\.\d+)?|\d+(\.\d+)?|[-+*/]/g)
  if (!tokens) return null
  const terms: number[] = []
  let sign = '+'
  for (const token of tokens) {
    if (/^[-+*/]$/.test(token)) {
      sign = token
      continue
    }
    const value = Number(token)
    const last = terms.pop() ?? 0
    if (sign === '*') terms.push(last * value)
    else if (sign === '/') terms.push(last / value)
    else terms.push(last, sign === '-' ? -value : value)
  }
  const result = terms.reduce((total, term) => total + term, 0)
  return Number.isFinite(result) ? String(Number(result.toPrecision(12))) : null
}
