import {
  Archive,
  ArchiveRestore,
  Ellipsis,
  FileBraces,
  FileText,
  Folder,
  FolderArchive,
  Pencil,
  Pin,
  PinOff,
  Printer,
  Share2,
  SlidersHorizontal,
  Tag,
  Trash2,
} from 'lucide-react'
import { useNavigate } from '@tanstack/react-router'
import { DropdownMenu } from 'radix-ui'
import { useRef, useState } from 'react'
import type { ReactNode } from 'react'
import { basePath } from '../../base-path.ts'
import type { Session } from '../../../shared/contract/session.ts'
import { trpc } from '../../client.ts'
import { tellFailure } from '../../ui/notices/notice.ts'
import { IconButton } from '../../ui/controls/icon-button.tsx'
import { focusFirstItem } from '../../ui/mark-keyboard.ts'
import type { SessionAction } from './session-actions.tsx'
import { useArchive } from './use-archive.ts'
import { useLanguage } from '../../language/language.ts'
import { directionOf } from '../../language/languages.ts'
import { t } from '../../language/t.ts'

/** Opens at once: it is mounted when its button is pressed, and replaces it. */
export default function SessionMenu(props: {
  session: Session
  className: string
  home: HTMLElement
  onAction: (action: SessionAction) => void
}) {
  const { session } = props
  const direction = directionOf(useLanguage())
  const [open, setOpen] = useState(true)
  const navigate = useNavigate()
  const update = trpc.sessions.update.useMutation({ onError: tellFailure })
  const archive = useArchive()
  const trigger = useRef<HTMLButtonElement>(null)
  const chosen = useRef<SessionAction | null>(null)
  /** A closed dialog returns the focus to the element before it: the button, because the item of the menu is gone. */
  const act = (action: SessionAction) => () => {
    chosen.current = action
  }
  return (
    <DropdownMenu.Root dir={direction} open={open} onOpenChange={setOpen} modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton
          ref={trigger}
          label={t('Session actions')}
          className={props.className}
          data-open={open ? '' : undefined}
        >
          <Ellipsis aria-hidden size={16} />
        </IconButton>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={props.home}>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          onFocus={focusFirstItem}
          onCloseAutoFocus={(event) => {
            const action = chosen.current
            if (action === null) return
            event.preventDefault()
            chosen.current = null
            trigger.current?.focus({ preventScroll: true })
            props.onAction(action)
          }}
          collisionPadding={8}
          className="z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-40 animate-[rise_120ms_ease-out] overflow-y-auto rounded-xl border border-border bg-raised p-1 text-sm text-text shadow-lg"
        >
          <Item onSelect={() => update.mutate({ id: session.id, pinned: !session.pinned })}>
            {session.pinned ? <PinOff aria-hidden size={15} /> : <Pin aria-hidden size={15} />}
            {session.pinned ? t('Unpin') : t('Pin')}
          </Item>
          <Item onSelect={act('rename')}>
            <Pencil aria-hidden size={15} />
            {t('Rename')}
          </Item>
          <Item onSelect={act('instructions')}>
            <SlidersHorizontal aria-hidden size={15} />
            {t('Model and instructions')}
          </Item>
          <Item onSelect={act('project')}>
            <Folder aria-hidden size={15} />
            {t('Move to a project')}
          </Item>
          <Item onSelect={act('tags')}>
            <Tag aria-hidden size={15} />
            {t('Tags')}
          </Item>
          <Item onSelect={() => archive(session.id, !session.archived)}>
            {session.archived ? (
              <ArchiveRestore aria-hidden size={15} />
            ) : (
              <Archive aria-hidden size={15} />
            )}
            {session.archived ? t('Take out of the archive') : t('Archive')}
          </Item>
          <Item onSelect={act('share')}>
            <Share2 aria-hidden size={15} />
            {t('Share')}
          </Item>
          <Rule />
          <Item onSelect={() => void navigate({ to: '/print/$id', params: { id: session.id } })}>
            <Printer aria-hidden size={15} />
            {t('Print')}
          </Item>
          <ExportItem id={session.id} format="markdown">
            <FileText aria-hidden size={15} />
            {t('Export as Markdown')}
          </ExportItem>
          <ExportItem id={session.id} format="json">
            <FileBraces aria-hidden size={15} />
            {t('Export as JSON')}
          </ExportItem>
          <ExportItem id={session.id} format="zip">
            <FolderArchive aria-hidden size={15} />
            {t('Export with files')}
          </ExportItem>
          <Rule />
          <Item danger onSelect={act('delete')}>
            <Trash2 aria-hidden size={15} />
            {t('Delete')}
          </Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}

function Item(props: { danger?: boolean; onSelect: () => void; children: ReactNode }) {
  return (
    <DropdownMenu.Item
      onSelect={props.onSelect}
      className={`${item} ${props.danger ? 'text-danger' : ''}`}
    >
      {props.children}
    </DropdownMenu.Item>
  )
}

const item =
  'flex min-h-8 cursor-pointer items-center gap-2.5 rounded-lg px-2.5 outline-none data-highlighted:bg-hover'

function Rule() {
  return <DropdownMenu.Separator className="mx-2 my-1 h-px bg-border" />
}

/** A link, so that the browser saves the server's stream directly, whatever its size. */
function ExportItem(props: {
  id: string
  format: 'markdown' | 'json' | 'zip'
  children: ReactNode
}) {
  const kind = props.format === 'zip' ? '/zip' : `?format=${props.format}`
  return (
    <DropdownMenu.Item asChild className={item}>
      <a href={`${basePath}/api/session/${props.id}/export${kind}`} download>
        {props.children}
      </a>
    </DropdownMenu.Item>
  )
}
