import { useId } from 'react'
import type { ReactNode } from 'react'

/** A part of a page, with its name and purpose. */
export function Section(props: {
  /** The name in the URL. */
  name: string
  title: string
  text: string
  children: ReactNode
}) {
  const id = useId()
  return (
    <section
      // An address leads to it, in every language.
      id={props.name}
      aria-labelledby={id}
      className="grid scroll-mt-4 grid-cols-1 gap-3"
    >
      <div>
        <h2 id={id} className="font-semibold">
          {props.title}
        </h2>
        <p className="max-w-prose text-sm text-muted">{props.text}</p>
      </div>
      {props.children}
    </section>
  )
}
