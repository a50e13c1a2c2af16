import { ChevronDown, ChevronUp, X } from 'lucide-react'
import type { RefObject } from 'react'
import { IconButton } from '../../../ui/icon-button.tsx'
import { focusMessageBox } from '../composer/message-box.ts'
import type { OlderMessages } from '../conversation/use-older-messages.ts'
import { MOST_PLACES } from './matches.ts'
import { useFind } from './use-find.ts'

export type FindProps = {
  sessionId: string
  older: OlderMessages
  /** What the conversation is drawn in. */
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
    <search className="absolute top-2 right-3 z-10 flex animate-[rise_120ms_ease-out] items-center gap-0.5 rounded-xl border border-border bg-raised py-1 pr-1 pl-3 text-sm shadow-md max-sm:left-3">
      <input
        data-find
        type="search"
        autoFocus
        aria-label="Find in this session"
        placeholder="Find"
        dir="auto"
        value={words}
        onChange={({ target }) => find.setWords(target.value)}
        onKeyDown={(event) => {
          if (event.nativeEvent.isComposing) return
          if (event.key === 'Escape') close()
          else if (event.key === 'Enter') find.move(event.shiftKey ? -1 : 1)
          else return
          event.preventDefault()
          event.stopPropagation()
        }}
        className="h-8 w-44 min-w-0 flex-1 bg-transparent text-base outline-none [&::-webkit-search-cancel-button]:hidden"
      />
      <span role="status" className="px-2 whitespace-nowrap text-muted tabular-nums">
        {words.trim() === ''
          ? ''
          : find.isLoading
            ? 'Searching…'
            : count === 0
              ? 'Nothing found'
              : `${index + 1} of ${count === MOST_PLACES ? `${count}+` : count}`}
      </span>
      <IconButton label="Previous match" disabled={count === 0} onClick={() => find.move(-1)}>
        <ChevronUp aria-hidden size={16} />
      </IconButton>
      <IconButton label="Next match" disabled={count === 0} onClick={() => find.move(1)}>
        <ChevronDown aria-hidden size={16} />
      </IconButton>
      <IconButton label="Close search" onClick={close}>
        <X aria-hidden size={16} />
      </IconButton>
    </search>
  )
}
