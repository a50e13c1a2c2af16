import { ChevronRight } from 'lucide-react'
import type { ReactNode } from 'react'

/** Content behind a line that opens and closes it; the parent holds the state. */
export function Folded(props: {
  isOpen: boolean
  onToggle: () => void
  /** The line. */
  summary: ReactNode
  className?: string
  children: ReactNode
}) {
  return (
    <details open={props.isOpen} className={`group/folded text-sm ${props.className ?? ''}`}>
      <summary
        className="flex min-h-7 w-fit cursor-pointer list-none items-center gap-1 text-muted hover:text-text [&::-webkit-details-marker]:hidden"
        onClick={(event) => {
          // React controls `open`; the browser would toggle it too.
          event.preventDefault()
          props.onToggle()
        }}
      >
        <ChevronRight
          aria-hidden
          size={14}
          className="-ms-0.5 shrink-0 transition-transform duration-150 group-open/folded:rotate-90 rtl:not-group-open/folded:rotate-180"
        />
        {props.summary}
      </summary>
      {props.children}
    </details>
  )
}
