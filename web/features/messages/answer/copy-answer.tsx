import { Check, ClipboardType } from 'lucide-react'
import { useState } from 'react'
import { CopyButton } from '../../../ui/copy-button.tsx'
import { IconButton } from '../../../ui/icon-button.tsx'
import { t } from '../../../language/t.ts'

/** Copies an answer as Markdown, or as rich text for word processors and mails; nothing when there is no text. */
export function CopyAnswer({ text }: { text: string }) {
  const [copied, setCopied] = useState(false)
  if (text === '') return null

  async function copyRich(article: Element | null): Promise<void> {
    const { richText } = await import('../../../ui/markdown/rich-text.ts')
    const html = richText(article?.querySelectorAll('.markdown:not(details *)') ?? [])
    const forms = {
      'text/html': new Blob([html], { type: 'text/html' }),
      'text/plain': new Blob([text], { type: 'text/plain' }),
    }
    await navigator.clipboard.write([new ClipboardItem(forms)])
    setCopied(true)
    setTimeout(() => setCopied(false), 1600)
  }

  return (
    <>
      <CopyButton label={t('Copy')} text={text} className="-ms-1.5" />
      <IconButton
        label={t('Copy as rich text')}
        onClick={(event) => {
          // A browser may refuse; then the button does not say that it was done.
          copyRich(event.currentTarget.closest('article')).catch(() => undefined)
        }}
      >
        {copied ? (
          <Check aria-hidden size={15} className="text-accent" />
        ) : (
          <ClipboardType aria-hidden size={15} />
        )}
      </IconButton>
    </>
  )
}
