import { createContext } from 'react'
import type { ComponentType } from 'react'

export type RegenerateWithProps = {
  /** The model that wrote the answer. */
  model: string | null
  disabled: boolean
  onChoose: (model: string) => void
}

/** How an answer is asked for again of another model; null where there is only one. The page puts it in. */
export const RegenerateWithContext = createContext<ComponentType<RegenerateWithProps> | null>(null)
