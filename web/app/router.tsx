import {
  Outlet,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  useLocation,
} from '@tanstack/react-router'
import { useMemo } from 'react'
import { basePath } from '../base-path.ts'
import { ErrorPage } from './pages/error-page.tsx'
import { NewSessionPage } from './pages/new-session-page.tsx'
import { NotFoundPage } from './pages/not-found-page.tsx'
import SessionPage from './pages/session-page.tsx'
import { LoginGate } from './login-gate.tsx'
import { OpeningPage } from './pages/opening-page.tsx'
import { Shell } from './shell.tsx'
import { loaded } from '../ui/loading/loaded.ts'
import { previews } from '../ui/preview/previews.ts'

const PrintPage = lazyRouteComponent(
  () => loaded(() => import('./pages/print-page.tsx')),
  'PrintPage',
)

const ProjectPage = lazyRouteComponent(
  () => loaded(() => import('./pages/project-page.tsx')),
  'ProjectPage',
)
const UsagePage = lazyRouteComponent(
  () => loaded(() => import('./pages/usage-page.tsx')),
  'UsagePage',
)
const SettingsPage = lazyRouteComponent(
  () => loaded(() => import('./pages/settings-page.tsx')),
  'SettingsPage',
)

const root = createRootRoute({
  notFoundComponent: () => (
    <LoginGate>
      <Shell>
        <NotFoundPage />
      </Shell>
    </LoginGate>
  ),
})

/** Pages with the list of sessions beside them. */
const inShell = createRoute({
  getParentRoute: () => root,
  id: 'shell',
  component: () => (
    <LoginGate>
      <Shell>
        <Outlet />
      </Shell>
    </LoginGate>
  ),
})

const newSession = createRoute({
  getParentRoute: () => inShell,
  path: '/',
  component: NewSessionPage,
})

const session = createRoute({
  getParentRoute: () => inShell,
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

const project = createRoute({
  getParentRoute: () => inShell,
  path: '/p/$id',
  pendingComponent: OpeningPage,
  component: ProjectPage,
})

const usage = createRoute({
  getParentRoute: () => inShell,
  path: '/usage',
  pendingComponent: OpeningPage,
  component: UsagePage,
})

const settings = createRoute({
  getParentRoute: () => inShell,
  path: '/settings',
  pendingComponent: OpeningPage,
  component: SettingsPage,
})

const share = createRoute({
  getParentRoute: () => root,
  path: '/share/$token',
  component: lazyRouteComponent(() => loaded(() => import('./pages/share-page.tsx')), 'SharePage'),
})

const print = createRoute({
  getParentRoute: () => root,
  path: '/print/$id',
  component: () => (
    <LoginGate>
      <PrintPage />
    </LoginGate>
  ),
})

const admin = createRoute({
  getParentRoute: () => inShell,
  path: '/admin',
  pendingComponent: OpeningPage,
  component: lazyRouteComponent(() => loaded(() => import('./pages/admin-page.tsx')), 'AdminPage'),
})

const withToken = ({ token }: Record<string, unknown>): { token: string } => ({
  // A token of digits alone is read as a number.
  token: typeof token === 'string' || typeof token === 'number' ? String(token) : '',
})

/** Pages that a link in a mail leads to, or one that an administrator handed over. */
const links = (['setup', 'invite', 'reset', 'verify'] as const).map((kind) =>
  createRoute({
    getParentRoute: () => root,
    path: `/${kind}`,
    validateSearch: withToken,
    component: lazyRouteComponent(() => loaded(() => import('./pages/link-page.tsx')), 'LinkPage'),
  }),
)

export const router = createRouter({
  routeTree: root.addChildren([
    inShell.addChildren([newSession, session, project, usage, settings, admin]),
    share,
    print,
    ...links,
  ]),
  basepath: basePath || '/',
  defaultErrorComponent: ErrorPage,
})

// A preview belongs to the page beside which it was opened.
router.subscribe('onBeforeNavigate', ({ pathChanged }) => {
  if (pathChanged) previews.show(null)
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }

  interface HistoryState {
    /** Counts repeated navigations to the same place. */
    asked?: number
  }
}
