import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router'
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
  component: function SessionRoute() {
    const { id } = session.useParams()
    return <SessionPage key={id} id={id} />
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
}
