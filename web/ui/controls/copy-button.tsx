import { Check, Copy } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { copy } from './copy.ts'
import { IconButton } from './icon-button.tsx'

type Forms = Readonly<Record<string, string>>

/** Copies a text to the clipboard, and confirms it for a moment. */
export function CopyButton(props: {
  label: string
  /** A function where making it takes work: it gets the button. More than a text is given by its types. */
  text: string | ((button: Element) => string | Promise<Forms>)
  icon?: ReactNode
  className?: string
}) {
  const { label, text, className } = props
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])

  async function copyFrom(button: Element): Promise<void> {
    const made = typeof text === 'string' ? text : text(button)
    setCopied(await copy(typeof made === 'string' ? { 'text/plain': made } : await made))
  }

  return (
    <IconButton
      label={label}
      className={className}
      onClick={({ currentTarget }) => void copyFrom(currentTarget)}
    >
      {copied ? (
        <Check aria-hidden size={15} className="text-accent" />
      ) : (
        (props.icon ?? <Copy aria-hidden size={15} />)
      )}
    </IconButton>
  )
}
