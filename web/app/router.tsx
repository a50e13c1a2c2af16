import { createRootRoute, createRoute, createRouter, useLocation } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ErrorPage } from './error-page.tsx'
import { NewSessionPage } from './new-session-page.tsx'
import { NotFoundPage } from './not-found-page.tsx'
import { SessionPage } from './session-page.tsx'
import { Shell } from './shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFoundPage })

const newSession = createRoute({ getParentRoute: () => root, path: '/', component: NewSessionPage })

const session = createRoute({
  getParentRoute: () => root,
  path: '/s/$id',
  validateSearch: ({ message }: Record<string, unknown>): { message?: string } =>
    typeof message === 'string' ? { message } : {},
  component: function SessionRoute() {
    const { id } = session.useParams()
    const { message } = session.useSearch()
    const asked = useLocation({ select: ({ state }) => state.asked ?? 0 })
    const goTo = useMemo(
      () => (message === undefined ? null : { messageId: message, asked }),
      [message, asked],
    )
    return <SessionPage key={id} id={id} goTo={goTo} />
  },
})

export const router = createRouter({
  routeTree: root.addChildren([newSession, session]),
  defaultErrorComponent: ErrorPage,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }

  interface HistoryState {
    /** Counts how often the same place was asked for. */
    asked?: number
  }
}
