import { useState, useSyncExternalStore } from 'react'
import { personStorage } from '../../../person-storage.ts'
import { drafts } from '../composer/drafts/page-drafts.ts'
import { reason } from '../composer/send-message.ts'
import { msg, t } from '../../../language/t.ts'

const NOT_DONE = {
  saved: msg('Not saved: {reason}'),
  removed: msg('Not removed: {reason}'),
} as const

/** The draft's key of an edit that makes another version of an answered message. */
export const sentEditKey = (messageId: string): string => `rewrite.${messageId}`

/** The draft's key of an edit of a message that is queued. */
export const queuedEditKey = (messageId: string): string => `edit.${messageId}`

/**
 * The editing of a message's text. The edited text is a draft like any other: it survives a reload, and the moment when
 * the message's answer begins.
 * @param key the draft's key
 * @param text the message's text
 */
export function useEdit(key: string, text: string) {
  const lost = `lost.${key}`
  const discarded = useSyncExternalStore(drafts.subscribe, () => drafts.get(lost))
  const draft = useSyncExternalStore(drafts.subscribe, () => drafts.get(key))
  const [editing, setEditing] = useState<'no' | 'resumed' | 'begun'>(() =>
    draft === '' ? 'no' : 'resumed',
  )
  // An edit from before a reload is stored by person, so it is found once the person is known.
  const owner = useSyncExternalStore(personStorage.onOwner, () => personStorage.owner)
  const [knownOwner, setKnownOwner] = useState(owner)
  if (owner !== knownOwner) {
    setKnownOwner(owner)
    if (editing === 'no' && draft !== '') setEditing('resumed')
  }
  // Emptied here, and not by another tab that has saved or closed the same edit.
  const [isBlank, setBlank] = useState(false)
  if (editing !== 'no' && draft === '' && !isBlank) setEditing('no')
  const [doing, setDoing] = useState<'saved' | 'removed' | null>(null)
  const [problem, setProblem] = useState<string | null>(null)

  function close(): void {
    drafts.set(key, '')
    setEditing('no')
    setProblem(null)
  }

  return {
    draft,
    /** True when `restore` can bring back an edit that was discarded. */
    canRestore: discarded !== '' && editing === 'no',
    restore() {
      drafts.set(key, discarded)
      drafts.set(lost, '')
      setEditing('begun')
    },
    /** Closes the editor without sending; its text can be restored. */
    giveUp() {
      const written = drafts.get(key)
      if (written.trim() !== '' && written !== text) {
        drafts.set(lost, written)
        drafts.save()
      }
      close()
    },
    problem,
    isEditing: editing !== 'no',
    /** True when the user just opened the editor; one that a reload restored does not take the focus. */
    takesFocus: editing === 'begun',
    isSaving: doing === 'saved',
    isRemoving: doing === 'removed',
    change(value: string) {
      setBlank(value === '')
      drafts.set(key, value)
    },
    close,
    begin() {
      if (drafts.get(key) === '') drafts.set(key, text)
      setBlank(drafts.get(key) === '')
      setEditing('begun')
    },
    /**
     * Carries out a command and closes the editor when it succeeds.
     * @param explain the message for an error, where its own is not what the user needs
     * @returns true when it succeeded
     */
    async attempt(
      done: 'saved' | 'removed',
      command: () => Promise<unknown>,
      explain: (error: unknown) => string | null = () => null,
    ): Promise<boolean> {
      setDoing(done)
      setProblem(null)
      try {
        await command()
        drafts.set(lost, '')
        close()
        return true
      } catch (error) {
        setProblem(explain(error) ?? t(NOT_DONE[done], { reason: reason(error) }))
        return false
      } finally {
        setDoing(null)
      }
    },
  }
}
