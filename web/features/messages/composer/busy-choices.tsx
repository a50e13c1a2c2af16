import type { KeyboardEvent } from 'react'
import type { Written } from './send-message.ts'
import { t } from '../../../language/t.ts'

type WhenBusy = NonNullable<Written['whenBusy']>

/** The alternatives to queueing a message while an answer is written: it interrupts, or joins. */
export function BusyChoices(props: {
  onChoose: (whenBusy: WhenBusy) => void
  /** Denies the calls that wait for approval, so that the answer continues with the message; null when none waits. */
  onDeny: (() => void) | null
}) {
  const { onChoose, onDeny } = props
  if (onDeny) {
    return (
      <div className="flex flex-wrap items-center justify-end gap-x-1 px-2 pb-1.5 text-xs">
        <span className="me-auto px-2 text-muted max-sm:w-full">
          {t('A tool waits for your approval.')}
        </span>
        <Choice
          label={t('Deny and send')}
          title={t('Denies the call, and the model reads this instead (Alt+Enter)')}
          onClick={onDeny}
        />
        <Choice
          label={t('Send now')}
          title={t('Stops the answer with its call (Ctrl+Enter)')}
          onClick={() => onChoose('interrupt')}
        />
      </div>
    )
  }
  return (
    <div className="flex flex-wrap justify-end gap-x-1 px-2 pb-1.5 text-xs">
      <Choice
        label={t('Add to this answer')}
        title={t('The model reads it at its next step (Alt+Enter)')}
        onClick={() => onChoose('steer')}
      />
      <Choice
        label={t('Send now')}
        title={t('Stops the answer (Ctrl+Enter)')}
        onClick={() => onChoose('interrupt')}
      />
    </div>
  )
}

/** The choice that a key makes; null for any other key. */
export function busyChoiceOf({
  key,
  altKey,
  ctrlKey,
  metaKey,
  nativeEvent,
}: KeyboardEvent): WhenBusy | null {
  if (key !== 'Enter' || nativeEvent.isComposing) return null
  if (altKey) return 'steer'
  return ctrlKey || metaKey ? 'interrupt' : null
}

function Choice(props: { label: string; title: string; onClick: () => void }) {
  return (
    <button
      type="button"
      title={props.title}
      onClick={props.onClick}
      className="min-h-7 cursor-pointer rounded-full px-2.5 text-muted transition-colors duration-150 hover:bg-hover hover:text-text"
    >
      {props.label}
    </button>
  )
}
