import { ClipboardType } from 'lucide-react'
import { CopyButton } from '../../../ui/controls/copy-button.tsx'
import { loaded } from '../../../ui/loading/loaded.ts'
import { t } from '../../../language/t.ts'

/** Copies an answer as Markdown, or as rich text for word processors and mails; nothing when there is no text. */
export function CopyAnswer({ text }: { text: string }) {
  if (text === '') return null

  async function richForms(button: Element): Promise<Record<string, string>> {
    const article = button.closest('article')
    const { richText } = await loaded(() => import('../../../ui/markdown/rich-text.ts'))
    const html = richText(article?.querySelectorAll('.markdown:not(details *)') ?? [])
    return { 'text/html': html, 'text/plain': text }
  }

  return (
    <>
      <CopyButton label={t('Copy')} text={text} className="-ms-1.5" />
      <CopyButton
        label={t('Copy as rich text')}
        text={richForms}
        icon={<ClipboardType aria-hidden size={15} />}
      />
    </>
  )
}
