import { createContext } from 'react'
import type { ReactNode } from 'react'

type RegenerateWithProps = {
  /** The model that wrote the answer. */
  model: string | null
  disabled: boolean
  onChoose: (model: string) => void
}

/** Draws how an answer is asked for again of another model; null where there is only one. The page puts it in. */
export const RegenerateWithContext = createContext<
  ((props: RegenerateWithProps) => ReactNode) | null
>(null)
