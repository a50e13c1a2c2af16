import { ChevronDown, ChevronUp, X } from 'lucide-react'
import type { RefObject } from 'react'
import { IconButton } from '../../../ui/controls/icon-button.tsx'
import { focusMessageBox } from '../composer/message-box.ts'
import type { OlderMessages } from '../conversation/use-older-messages.ts'
import { MOST_PLACES } from './matches.ts'
import { useFind } from './use-find.ts'
import { t } from '../../../language/t.ts'
import { formatNumber } from '../../../language/format.ts'

export type FindProps = {
  sessionId: string
  older: OlderMessages
  /** The scrolling element that contains the conversation. */
  scroller: RefObject<HTMLElement | null>
  /** Scrolls to a message that is not drawn. */
  bringNear: (messageId: string) => void
}

/** The box for words to find in the conversation. */
export default function FindBar(props: FindProps & { onClose: () => void }) {
  const find = useFind(props.sessionId, props.older, props.scroller, props.bringNear)
  const { count, index, words } = find
  const close = () => {
    props.onClose()
    focusMessageBox()
  }
  return (
    <search
      onKeyDown={(event) => {
        // On its buttons too; otherwise it would stop the answer.
        if (event.key !== 'Escape' || event.nativeEvent.isComposing) return
        event.preventDefault()
        event.stopPropagation()
        close()
      }}
      className="absolute top-2 end-3 z-10 flex animate-[rise_120ms_ease-out] items-center gap-0.5 rounded-xl border border-border bg-raised py-1 pe-1 ps-3 text-sm shadow-md max-sm:start-3"
    >
      <input
        data-find
        type="search"
        autoFocus
        aria-label={t('Find in this session')}
        placeholder={t('Find')}
        dir="auto"
        value={words}
        onChange={({ target }) => find.setWords(target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key !== 'Enter') return
          find.move(event.shiftKey ? -1 : 1)
          event.preventDefault()
          event.stopPropagation()
        }}
        className="h-8 w-44 min-w-0 flex-1 bg-transparent text-base outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      <span role="status" className="px-2 whitespace-nowrap text-muted tabular-nums">
        {words.trim() === ''
          ? ''
          : find.isLoading
            ? t('Searching…')
            : count === 0
              ? find.isPartial
                ? t('Not found in what is loaded')
                : t('Nothing found')
              : t('{index} of {count}', {
                  index: formatNumber(index + 1),
                  count: formatNumber(count) + (count === MOST_PLACES ? '+' : ''),
                })}
      </span>
      <IconButton label={t('Previous match')} disabled={count === 0} onClick={() => find.move(-1)}>
        <ChevronUp aria-hidden size={16} />
      </IconButton>
      <IconButton label={t('Next match')} disabled={count === 0} onClick={() => find.move(1)}>
        <ChevronDown aria-hidden size={16} />
      </IconButton>
      <IconButton label={t('Close search')} onClick={close}>
        <X aria-hidden size={16} />
      </IconButton>
    </search>
  )
}
