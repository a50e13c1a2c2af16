import { useSyncExternalStore } from 'react'
import type { drawFormula } from './draw-formula.ts'
import type { ChatToken } from '../parsing/tokens.ts'
import { pageValue } from '../../../page-value.ts'

/** After `failed`, such as offline, formulas stay as source text. */
type Program = 'none' | 'loading' | 'failed' | typeof drawFormula

const program = pageValue<Program>(() => 'none')

/** The program that draws formulas, loaded when the first one may be coming. */
export const formulaProgram = {
  get: program.get,
  subscribe: program.subscribe,
  load(): void {
    // After a failure the next formula loads it again.
    const now = program.get()
    if (now !== 'none' && now !== 'failed') return
    program.set('loading')
    import('./draw-formula.ts').then(
      ({ drawFormula }) => program.set(drawFormula),
      () => program.set('failed'),
    )
  },
}

export function useFormulaProgram(): Program {
  // On the server nothing can be loaded, so the formula stays as source text.
  return useSyncExternalStore(program.subscribe, program.get, () => 'failed')
}

/** Matches texts that may contain a formula. */
export const mayHoldFormula = /\$|\\[([]|math/

export function holdsFormula(token: ChatToken): boolean {
  if (token.type === 'formula') return true
  if (token.type === 'code') return token.lang === 'math'
  const inner: unknown[] = [
    ...('tokens' in token && token.tokens ? token.tokens : []),
    ...('items' in token && Array.isArray(token.items) ? token.items : []),
  ]
  return token.type === 'table'
    ? mayHoldFormula.test(token.raw)
    : (inner as ChatToken[]).some(holdsFormula)
}
