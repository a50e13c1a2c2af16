import { useNavigate, useParams } from '@tanstack/react-router'
import { useDeferredValue, useSyncExternalStore } from 'react'
import type { Session } from '../../../shared/contract/session.ts'
import { useThroughline } from '../../../shared/react/index.ts'
import { trpc } from '../../client.ts'
import { language } from '../../language/language.ts'
import { isLanguage, languages } from '../../language/languages.ts'
import { theme } from '../../features/appearance/theme.ts'
import { forkFrom } from '../../features/messages/answer/fork.ts'
import { focusMessageBox } from '../../features/messages/composer/message-box.ts'
import { boxOfProject, NEW_SESSION } from '../../features/messages/composer/send-message.ts'
import { stopAnswer } from '../../features/messages/composer/stop-answer.ts'
import { openFind } from '../../features/messages/find/open-find.ts'
import { chosenPreset, usePresets } from '../../features/presets/use-presets.ts'
import { useProjects } from '../../features/projects/use-projects.ts'
import type { SessionAction } from '../../features/sessions/session-actions.tsx'
import { useArchive } from '../../features/sessions/use-archive.ts'
import { areGuesses } from '../../features/sessions/guessed-hits.ts'
import { plainHit } from '../../features/sessions/plain-hit.ts'
import { sessionTitle } from '../../features/sessions/session-title.ts'
import { chosenTag } from '../../features/sessions/tags/chosen-tag.ts'
import { useTags } from '../../features/sessions/tags/use-tags.ts'
import { useSessions } from '../../features/sessions/use-sessions.ts'
import { tellFailure } from '../../ui/notices/notice.ts'
import { useIsWide } from '../../ui/use-media-query.ts'
import { sidebar } from '../sidebar.ts'
import { useAccounts } from '../use-accounts.ts'
import { chooseModelOf, makeTemporary } from '../use-beginning.tsx'
import { useModelKind } from '../use-model-kind.ts'
import { signOut } from '../sign-in/sign-out.ts'
import { matching } from './palette-items.ts'
import type { PaletteItem } from './palette-items.ts'
import { sessionCommands } from './session-commands.ts'
import { settingsSections } from './settings-sections.ts'
import { useNewestMessage } from './use-newest-message.ts'
import { t } from '../../language/t.ts'

/** The number of newest sessions that are listed before anything is typed. */
const INITIAL_SESSIONS = 6

/** Dialogs that outlive the palette. */
export type PaletteDialogs = {
  showShortcuts: () => void
  /** Opens the dialog of an action of the session's menu. */
  act: (action: SessionAction, session: Session) => void
  newProject: () => void
  /** Asks whether messages that wait for the connection may be lost by a sign-out. */
  askToSignOut: () => void
}

/**
 * The items of the palette for the typed text: commands, settings, what the menu of the open session does, and all
 * sessions and messages that contain it.
 */
export function usePaletteItems(typed: string, does: PaletteDialogs): PaletteItem[] {
  const navigate = useNavigate()
  const client = useThroughline()
  const { sessions } = useSessions()
  const { projects } = useProjects()
  const tags = useTags()
  const presets = usePresets()
  const { hasAccounts, isAdmin, isGuest } = useAccounts()
  const kind = useModelKind()
  const { data: models = [] } = trpc.models.list.useQuery(undefined, {
    retry: false,
    enabled: kind !== undefined && kind !== 'demo',
  })
  const openId = useParams({ strict: false, select: ({ id }) => id })
  // The URL decides, because a session that is not loaded or not made yet is open all the same.
  const isSession = location.pathname.includes('/s/')
  const { data: open } = trpc.sessions.get.useQuery(
    { id: openId ?? '' },
    {
      enabled: openId !== undefined && isSession,
      staleTime: 0,
      retry: false,
    },
  )
  const newest = useNewestMessage(isSession ? openId : undefined)
  const archive = useArchive()
  const update = trpc.sessions.update.useMutation({ onError: tellFailure })
  const query = useDeferredValue(typed.trim())
  const { data: hits = [], isPlaceholderData } = trpc.sessions.search.useQuery(
    { query, limit: 20 },
    { enabled: query !== '', placeholderData: (previous) => previous, staleTime: 0 },
  )
  const isWide = useIsWide()
  const isHidden = useSyncExternalStore(sidebar.subscribe, sidebar.isHidden)
  const goTo = (id: string) => void navigate({ to: '/s/$id', params: { id } })
  const begin = () => void navigate({ to: '/' }).then(focusMessageBox)

  const commands: PaletteItem[] = [
    command(t('New session'), 'chat begin', begin),
    command(t('New temporary session'), 'private incognito', () => {
      void navigate({ to: '/' }).then(() => {
        makeTemporary(NEW_SESSION)
        focusMessageBox()
      })
    }),
    ...presets.map(({ id, name }) =>
      command(t('New session with {name}', { name }), 'assistant preset', () => {
        chosenPreset.set(id)
        begin()
      }),
    ),
    command(t('New project'), 'folder', does.newProject),
    ...projects
      .filter(({ archived }) => !archived)
      .map(({ id, name }) =>
        command(
          t('Project: {name}', { name }),
          'folder open',
          () => void navigate({ to: '/p/$id', params: { id } }),
        ),
      ),
    ...tags.map(({ name }) =>
      command(t('Sessions with the tag {name}', { name }), 'tag label filter', () =>
        chosenTag.set(name),
      ),
    ),
    command(t('Usage'), 'tokens cost', () => void navigate({ to: '/usage' })),
    command(
      t('Settings'),
      'import export shared models tools',
      () => void navigate({ to: '/settings' }),
    ),
    ...(isAdmin
      ? [command(t('Admin'), 'people limits audit', () => void navigate({ to: '/admin' }))]
      : []),
    ...(isWide
      ? [
          command(
            isHidden ? t('Show sessions') : t('Hide sessions'),
            'sidebar list collapse',
            sidebar.toggle,
          ),
        ]
      : []),
    ...(hasAccounts
      ? [
          command(t('Sign out'), 'log out leave', () => {
            if (client.outbox.getSnapshot().length > 0) does.askToSignOut()
            else void signOut().catch(tellFailure)
          }),
        ]
      : []),
    command(t('Keyboard shortcuts'), 'help keys', does.showShortcuts),
    command(t('Theme: system'), 'appearance', () => theme.set('system')),
    command(t('Theme: light'), 'appearance day', () => theme.set('light')),
    command(t('Theme: dark'), 'appearance night', () => theme.set('dark')),
  ]
  const ofLanguages = Object.entries(languages).map(([value, name]) =>
    command(t('Language: {name}', { name }), 'language appearance', () => {
      if (isLanguage(value)) void language.choose(value)
    }),
  )
  const ofSettings = settingsSections({ hasAccounts, isGuest }).map(
    ([name, title, keywords]): PaletteItem => ({
      id: `settings ${name}`,
      group: t('Settings'),
      text: t(title),
      keywords: `settings ${keywords}`,
      run: () => void navigate({ to: '/settings', hash: name }),
    }),
  )
  const ofOpen = open
    ? sessionCommands(open, {
        act: (action) => does.act(action, open),
        pin: (pinned) => update.mutate({ id: open.id, pinned }),
        archive: (archived) => archive(open.id, archived),
        fork: newest ? () => void forkFrom(client, newest, goTo).catch(tellFailure) : null,
        stop: () => void stopAnswer(client, open.id).catch(() => undefined),
        find: openFind,
        print: () => void navigate({ to: '/print/$id', params: { id: open.id } }),
      })
    : []
  // They set the model of the open session, or else of the next one.
  const ofModels = models.map((model) =>
    command(t('Model: {name}', { name: model.id }), 'llm', () => {
      const chosen = model.default ? null : model.id
      if (openId !== undefined && isSession) update.mutate({ id: openId, model: chosen })
      else chooseModelOf(openId === undefined ? NEW_SESSION : boxOfProject(openId), presets, chosen)
    }),
  )
  const known = matching(
    sessions.map((session): PaletteItem => ({
      id: session.id,
      group: t('Sessions'),
      text: sessionTitle(session),
      run: () => goTo(session.id),
    })),
    typed,
  ).slice(0, INITIAL_SESSIONS)
  // The server finds sessions that the list has not loaded, such as old and archived ones.
  const further = hits.flatMap((hit): PaletteItem[] =>
    hit.messageId === null && !known.some(({ id }) => id === hit.sessionId)
      ? [
          {
            id: hit.sessionId,
            group: t('Sessions'),
            text: sessionTitle(hit),
            run: () => goTo(hit.sessionId),
          },
        ]
      : [],
  )
  const ofMessages =
    !isPlaceholderData && areGuesses(query, hits)
      ? t('In messages, spelled alike')
      : t('In messages')
  const inMessages = hits.flatMap(({ sessionId, messageId, title, ...hit }): PaletteItem[] => {
    if (messageId === null) return []
    const { snippet, highlights } = plainHit(hit)
    const find = () =>
      void navigate({
        to: '/s/$id',
        params: { id: sessionId },
        search: { message: messageId },
        state: ({ asked = 0 }) => ({ asked: asked + 1 }),
      })
    return [
      {
        id: messageId,
        group: ofMessages,
        text: snippet,
        detail: sessionTitle({ title }),
        ranges: highlights,
        run: find,
      },
    ]
  })
  return [
    ...matching(commands, typed),
    ...known,
    ...(query === '' ? [] : further),
    ...matching(ofOpen, typed),
    // Too many to be of use before anything is typed.
    ...(query === '' ? [] : matching([...ofSettings, ...ofModels, ...ofLanguages], typed)),
    ...(query === '' ? [] : inMessages),
  ]
}

function command(text: string, keywords: string, run: () => void): PaletteItem {
  return { id: text, group: t('Commands'), text, keywords, run }
}
