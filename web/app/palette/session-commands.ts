import type { Session } from '../../../shared/contract/session.ts'
import { basePath } from '../../base-path.ts'
import type { SessionAction } from '../../features/sessions/session-actions.tsx'
import type { PaletteItem } from './palette-items.ts'

/** What the menu of a session does, for the one that is open. */
export function sessionCommands(
  session: Session,
  does: {
    act: (action: SessionAction) => void
    update: (change: { pinned?: boolean; archived?: boolean }) => void
    stop: () => void
    find: () => void
  },
): PaletteItem[] {
  const item = (text: string, keywords: string, run: () => void): PaletteItem => ({
    id: `session ${text}`,
    group: 'This session',
    text,
    keywords,
    run,
  })
  const save = (format: 'markdown' | 'json') => () => {
    const link = document.createElement('a')
    link.href = `${basePath}/api/session/${session.id}/export?format=${format}`
    link.download = ''
    link.click()
  }
  return [
    ...(session.running ? [item('Stop the answer', 'cancel halt', does.stop)] : []),
    item('Find in this session', 'search', does.find),
    item('Rename this session', 'title', () => does.act('rename')),
    item('Model and instructions', 'system prompt temperature', () => does.act('instructions')),
    item(session.pinned ? 'Unpin this session' : 'Pin this session', 'top keep', () =>
      does.update({ pinned: !session.pinned }),
    ),
    item(
      session.archived ? 'Take this session out of the archive' : 'Archive this session',
      'hide away',
      () => does.update({ archived: !session.archived }),
    ),
    item('Move this session to a project', 'folder', () => does.act('project')),
    item('Share this session', 'link publish', () => does.act('share')),
    item('Export as Markdown', 'download save', save('markdown')),
    item('Export as JSON', 'download save', save('json')),
    item('Delete this session', 'remove', () => does.act('delete')),
  ]
}
