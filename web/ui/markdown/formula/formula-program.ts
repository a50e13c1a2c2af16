import { useSyncExternalStore } from 'react'
import type { drawFormula } from './draw-formula.ts'
import type { ChatToken } from '../parsing/tokens.ts'

/** `failed` without the program, as offline: then a formula stays as it was written. */
type Program = 'none' | 'loading' | 'failed' | typeof drawFormula

let program: Program = 'none'
const listeners = new Set<() => void>()

/** The program that draws formulas, loaded when the first one may be coming. */
export const formulaProgram = {
  get: (): Program => program,
  subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  load(): void {
    // After a failure the next formula loads it again.
    if (program !== 'none' && program !== 'failed') return
    become('loading')
    import('./draw-formula.ts').then(
      ({ drawFormula }) => become(drawFormula),
      () => become('failed'),
    )
  },
}

export function useFormulaProgram(): Program {
  // Where nothing can be loaded, as without scripts, the formula stays as source.
  return useSyncExternalStore(formulaProgram.subscribe, formulaProgram.get, () => 'failed')
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

function become(next: Program): void {
  program = next
  for (const listener of listeners) listener()
}
