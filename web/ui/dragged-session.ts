import { useSyncExternalStore } from 'react'
import type { DragEvent } from 'react'
import type { Session } from '../../shared/contract/session.ts'
import { pageValue } from '../page-value.ts'

/** The session whose row is being dragged: a browser tells what is dragged only when it is dropped. */
const draggedSession = pageValue<Session | null>(() => null)

export function useDraggedSession(): Session | null {
  return useSyncExternalStore(draggedSession.subscribe, draggedSession.get)
}

/** Attributes that make a row draggable; its link does not start a drag of its own. */
export function dragSource(session: Session) {
  return {
    draggable: true,
    onDragStart: ({ dataTransfer }: DragEvent): void => {
      dataTransfer.effectAllowed = 'copyMove'
      // The first sight of a drop target would move the row from under the pointer, which ends the drag in Chromium.
      setTimeout(() => draggedSession.set(session))
    },
    onDragEnd: (): void => draggedSession.set(null),
  }
}

/** Attributes that make an element accept dropped sessions; it has `data-over` while a session is dragged over it. */
export function dropTarget(take: (session: Session) => void) {
  return {
    onDragOver: (event: DragEvent<HTMLElement>): void => {
      if (!draggedSession.get()) return
      event.preventDefault()
      event.currentTarget.dataset.over = ''
    },
    onDragLeave: ({ currentTarget }: DragEvent<HTMLElement>): void => {
      delete currentTarget.dataset.over
    },
    onDrop: (event: DragEvent<HTMLElement>): void => {
      delete event.currentTarget.dataset.over
      const session = draggedSession.get()
      if (!session) return
      event.preventDefault()
      draggedSession.set(null)
      take(session)
    },
  }
}
