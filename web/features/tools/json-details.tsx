import { ChevronRight } from 'lucide-react'
import { CopyButton } from '../../ui/controls/copy-button.tsx'
import { jsonText, oneLine } from '../../ui/json-text.ts'
import { t } from '../../language/t.ts'

/** The input or output of a tool, folded until it is opened, unless it is all there is. */
export function JsonDetails(props: {
  label: string
  copyLabel: string
  value: unknown
  isOpen?: boolean
}) {
  const { label, copyLabel, value, isOpen = false } = props
  const text = jsonText(value)
  return (
    <details open={isOpen} className="group/json not-first:border-t not-first:border-border">
      <summary className="flex min-h-8 cursor-pointer list-none items-center gap-1.5 px-3 text-muted hover:text-text [&::-webkit-details-marker]:hidden">
        <ChevronRight
          aria-hidden
          size={14}
          className="shrink-0 transition-transform duration-150 group-open/json:rotate-90 rtl:not-group-open/json:rotate-180"
        />
        {label}
        <span
          dir="ltr"
          className="ms-1 hidden min-w-0 truncate font-mono opacity-90 not-group-open/json:sm:block"
        >
          {preview(value)}
        </span>
      </summary>
      <div className="relative">
        <pre
          tabIndex={0}
          className="max-h-72 overflow-auto px-3.5 pb-3 font-mono leading-5 wrap-anywhere whitespace-pre-wrap"
        >
          {text}
        </pre>
        {/* JSON runs from left to right in every language, and begins at the left. */}
        <div className="absolute top-0 right-2">
          <CopyButton label={copyLabel} text={text} />
        </div>
      </div>
    </details>
  )
}

/** The beginning of a value, on one line. */
function preview(value: unknown): string {
  const text = typeof value === 'string' ? value : oneLine(value)
  return text === '{}' ? t('nothing') : text.slice(0, 120)
}
