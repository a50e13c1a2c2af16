import type { ReactNode } from 'react'

/**
 * The buttons of a dialog, which stay in view while its content scrolls. They reach into the padding `p-5` of the content,
 * where it would be seen below them otherwise.
 */
export function DialogFoot({ children }: { children: ReactNode }) {
  return (
    <div className="sticky -bottom-5 -mx-5 -mb-5 flex flex-wrap justify-end gap-2 border-t border-border bg-raised px-5 py-3">
      {children}
    </div>
  )
}
