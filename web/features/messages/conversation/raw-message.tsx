import type { AppMessage } from '../../../../shared/client/index.ts'
import { messageText } from '../steps.ts'
import { t } from '../../../language/t.ts'

/** The plain text of a message that failed to render; the rest of the session is not affected. */
export function RawMessage({ message }: { message: AppMessage }) {
  return (
    <article aria-label={message.role === 'user' ? t('You') : t('Assistant')} className="py-2">
      <p role="note" className="text-xs text-muted">
        {t('This message cannot be displayed properly. Its text:')}
      </p>
      <pre className="max-h-96 overflow-auto font-sans wrap-anywhere whitespace-pre-wrap">
        {messageText(message.parts)}
      </pre>
    </article>
  )
}
