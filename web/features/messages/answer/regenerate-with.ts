import { createContext } from 'react'
import type { ReactNode } from 'react'

type RegenerateWithProps = {
  /** The model that wrote the answer. */
  model: string | null
  disabled: boolean
  /** True where no Regenerate is before it. */
  isAlone: boolean
  onChoose: (model: string) => void
}

/** Renders the choice of another model for regenerating; null when there is only one model. The page provides it. */
export const RegenerateWithContext = createContext<
  ((props: RegenerateWithProps) => ReactNode) | null
>(null)
