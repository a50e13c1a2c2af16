import { ChevronDown, RefreshCw } from 'lucide-react'

/** @param props.isAlone no Regenerate is before it, whose arrow it would be */
export function RegenerateIcon({ isAlone }: { isAlone: boolean }) {
  return (
    <>
      {isAlone && <RefreshCw aria-hidden size={14} />}
      <ChevronDown aria-hidden size={13} />
    </>
  )
}

export function regenerateClass(isAlone: boolean): string {
  return isAlone ? 'w-10 grid-flow-col content-center justify-center gap-0.5' : '-ms-2 w-6'
}
