import { useNavigate } from '@tanstack/react-router'
import { useDeferredValue } from 'react'
import { trpc } from '../../client.ts'
import { theme } from '../../features/appearance/theme.ts'
import { focusMessageBox } from '../../features/messages/composer/message-box.ts'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { useSessions } from '../../features/sessions/use-sessions.ts'
import { matching } from './palette-items.ts'
import type { PaletteItem } from './palette-items.ts'

/** The number of newest sessions that are listed before anything is typed. */
const INITIAL_SESSIONS = 6

/** The items of the palette for the typed text: commands, sessions by title, and messages that contain it. */
export function usePaletteItems(typed: string, onShortcuts: () => void): PaletteItem[] {
  const navigate = useNavigate()
  const { sessions } = useSessions()
  const query = useDeferredValue(typed.trim())
  const { data: hits = [] } = trpc.sessions.search.useQuery(
    { query, limit: 12 },
    { enabled: query !== '', placeholderData: (previous) => previous, staleTime: 0 },
  )

  const commands: PaletteItem[] = [
    command('New session', 'chat begin', () => void navigate({ to: '/' }).then(focusMessageBox)),
    command('Usage', 'tokens cost', () => void navigate({ to: '/usage' })),
    command(
      'Settings',
      'import export shared models tools',
      () => void navigate({ to: '/settings' }),
    ),
    command('Keyboard shortcuts', 'help keys', onShortcuts),
    command('Theme: system', 'appearance', () => theme.set('system')),
    command('Theme: light', 'appearance day', () => theme.set('light')),
    command('Theme: dark', 'appearance night', () => theme.set('dark')),
  ]
  const byTitle = sessions.map((session): PaletteItem => ({
    id: session.id,
    group: 'Sessions',
    text: sessionTitle(session),
    run: () => void navigate({ to: '/s/$id', params: { id: session.id } }),
  }))
  const inMessages = hits.flatMap(({ sessionId, messageId, snippet, highlights }) =>
    messageId === null
      ? []
      : ({
          id: messageId,
          group: 'In messages',
          text: snippet,
          ranges: highlights,
          run: () =>
            void navigate({
              to: '/s/$id',
              params: { id: sessionId },
              search: { message: messageId },
              state: ({ asked = 0 }) => ({ asked: asked + 1 }),
            }),
        } satisfies PaletteItem),
  )
  return [
    ...matching(commands, typed),
    ...matching(byTitle, typed).slice(0, INITIAL_SESSIONS),
    ...(query === '' ? [] : inMessages),
  ]
}

function command(text: string, keywords: string, run: () => void): PaletteItem {
  return { id: text, group: 'Commands', text, keywords, run }
}
