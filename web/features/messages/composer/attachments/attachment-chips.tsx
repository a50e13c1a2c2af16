import { File as FileIcon, RotateCw, X } from 'lucide-react'
import { useSyncExternalStore } from 'react'
import { basePath } from '../../../../base-path.ts'
import type { Attachment } from './attachments.ts'
import { attachments } from '../drafts/page-drafts.ts'
import { FileState } from '../../../../ui/files/file-list.tsx'
import { useRowFocus } from '../../../../ui/use-row-focus.ts'
import { focusMessageBox } from '../message-box.ts'
import { useReadings } from './use-readings.ts'
import { t } from '../../../../language/t.ts'

/** The files beside the text that is being written. */
export default function AttachmentChips({ draftKey }: { draftKey: string }) {
  const list = useSyncExternalStore(attachments.subscribe, () => attachments.get(draftKey))
  useReadings(list)
  const chips = useRowFocus(list.length, focusMessageBox)
  if (list.length === 0) return null
  return (
    <ul ref={chips} aria-label={t('Attached files')} className="flex flex-wrap gap-2 px-3 pt-3">
      {list.map((one) => (
        <li
          key={one.key}
          className="relative flex max-w-60 items-center gap-2 overflow-hidden rounded-xl border border-border bg-bg py-1 pe-1 ps-2 text-sm"
        >
          <Picture of={one} />
          <span className="min-w-0">
            <bdi className="block truncate text-match-parent">{one.name}</bdi>
            {one.status === 'ready' && <FileState file={one.file} />}
            {one.status === 'failed' && (
              <span role="alert" className="block text-xs text-danger">
                {one.problem}
              </span>
            )}
          </span>
          {one.status === 'failed' && (
            <button
              type="button"
              aria-label={t('Retry {name}', { name: one.name })}
              onClick={() => attachments.retry(draftKey, one.key)}
              className="grid size-7 shrink-0 cursor-pointer place-items-center rounded-full hover:bg-hover"
            >
              <RotateCw aria-hidden size={14} />
            </button>
          )}
          <button
            type="button"
            aria-label={t('Remove {name}', { name: one.name })}
            onClick={() => attachments.remove(draftKey, one.key)}
            className="grid size-7 shrink-0 cursor-pointer place-items-center rounded-full hover:bg-hover"
          >
            <X aria-hidden size={14} />
          </button>
          {one.status === 'uploading' && (
            <progress
              aria-label={t('Upload of {name}', { name: one.name })}
              value={one.progress}
              className="absolute inset-x-0 bottom-0 h-0.5 w-full accent-accent"
            />
          )}
        </li>
      ))}
    </ul>
  )
}

function Picture({ of }: { of: Attachment }) {
  return of.status === 'ready' && of.file.kind === 'image' && of.file.status === 'ready' ? (
    <img
      src={`${basePath}/api/files/${of.file.id}?width=96`}
      alt=""
      className="size-8 shrink-0 rounded-md object-cover"
    />
  ) : (
    <FileIcon aria-hidden size={16} className="shrink-0 text-muted" />
  )
}
