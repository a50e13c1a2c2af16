import { useRef } from 'react'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'

/** A button that lets a person choose files of their device. */
export function FileButton(props: {
  /** The accessible name. */
  label: string
  /** The types that are offered; all when absent. */
  accept?: string
  multiple?: boolean
  isBusy?: boolean
  onChoose: (files: File[]) => void
  children: ReactNode
}) {
  const { label, accept, multiple, isBusy = false } = props
  const input = useRef<HTMLInputElement>(null)
  return (
    <>
      <Button aria-disabled={isBusy} onClick={() => !isBusy && input.current?.click()}>
        {props.children}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={multiple}
        aria-label={label}
        hidden
        onChange={({ target }) => {
          const files = [...(target.files ?? [])]
          if (files.length > 0) props.onChoose(files)
          // Otherwise choosing the same file again would fire no change event.
          target.value = ''
        }}
      />
    </>
  )
}
