import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { IconButton } from './icon-button.tsx'

/** Copies a text to the clipboard, and confirms it for a moment. */
export function CopyButton(props: {
  label: string
  /** A function where making it takes work. */
  text: string | (() => string)
  className?: string
}) {
  const { label, text, className } = props
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])
  return (
    <IconButton
      label={label}
      className={className}
      onClick={() => void writeClipboard(typeof text === 'string' ? text : text()).then(setCopied)}
    >
      {copied ? (
        <Check aria-hidden size={15} className="text-accent" />
      ) : (
        <Copy aria-hidden size={15} />
      )}
    </IconButton>
  )
}

/** Returns false when the browser refuses: without focus, or on an insecure origin. */
async function writeClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return false
  }
}
