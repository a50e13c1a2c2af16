import type { Session } from '../../../shared/contract/session.ts'
import { downloadFrom } from '../../ui/files/download.ts'
import type { SessionAction } from '../../features/sessions/session-actions.tsx'
import type { PaletteItem } from './palette-items.ts'
import { t } from '../../language/t.ts'

/** The commands of a session's menu, for the session that is open. */
export function sessionCommands(
  session: Session,
  does: {
    act: (action: SessionAction) => void
    pin: (pinned: boolean) => void
    archive: (archived: boolean) => void
    /** Null while it has no message, or none is loaded. */
    fork: (() => void) | null
    stop: () => void
    find: () => void
    print: () => void
  },
): PaletteItem[] {
  const item = (text: string, keywords: string, run: () => void): PaletteItem => ({
    id: `session ${text}`,
    group: t('This session'),
    text,
    keywords,
    run,
  })
  const save = (format: 'markdown' | 'json' | 'zip') => () => {
    const kind = format === 'zip' ? '/zip' : `?format=${format}`
    downloadFrom(`/api/session/${session.id}/export${kind}`)
  }
  return [
    ...(session.running ? [item(t('Stop the answer'), 'cancel halt', does.stop)] : []),
    item(t('Find in this session'), 'search', does.find),
    item(t('Rename this session'), 'title', () => does.act('rename')),
    item(t('Model and instructions'), 'system prompt temperature', () => does.act('instructions')),
    item(session.pinned ? t('Unpin this session') : t('Pin this session'), 'top keep', () =>
      does.pin(!session.pinned),
    ),
    item(
      session.archived ? t('Take this session out of the archive') : t('Archive this session'),
      'hide away',
      () => does.archive(!session.archived),
    ),
    item(t('Move this session to a project'), 'folder', () => does.act('project')),
    item(t('Tags of this session'), 'label add remove', () => does.act('tags')),
    ...(does.fork ? [item(t('Fork this session'), 'copy branch', does.fork)] : []),
    item(t('Share this session'), 'link publish', () => does.act('share')),
    item(t('Print this session'), 'paper pdf', does.print),
    item(t('Export as Markdown'), 'download save', save('markdown')),
    item(t('Export as JSON'), 'download save', save('json')),
    item(t('Export with files'), 'download save zip', save('zip')),
    item(t('Delete this session'), 'remove', () => does.act('delete')),
  ]
}
