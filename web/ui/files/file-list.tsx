import { File as FileIcon } from 'lucide-react'
import { use, useState } from 'react'
import type { CSSProperties, MouseEvent } from 'react'
import type { File } from '../../../shared/contract/file.ts'
import { t } from '../../language/t.ts'
import { FileAddress } from './file-address.ts'
import { lazyPart } from '../loading/lazy-part.tsx'

const PictureView = lazyPart(() => import('./picture-view.tsx'))

/** CSS pixels. */
const WIDEST = 288
const HIGHEST = 224

/** The place of a picture before it is loaded, so that nothing moves when it comes; none where its size is unknown. */
export function pictureSize({ width, height }: Pick<File, 'width' | 'height'>): CSSProperties {
  if (!width || !height) return { maxHeight: HIGHEST }
  const shown = Math.min(width, WIDEST, (HIGHEST * width) / height)
  return { width: Math.max(1, Math.round(shown)), aspectRatio: `${width} / ${height}` }
}

/** Files of a message or a call: pictures small, until they are opened; everything else by its name. */
export function FileList({ files }: { files: readonly File[] }) {
  const addressOf = use(FileAddress)
  const [opened, setOpened] = useState<string | null>(null)
  if (files.length === 0) return null
  const pictures = files.filter(isPicture)
  return (
    <ul aria-label={t('Files')} className="mb-2 flex flex-wrap gap-2">
      {files.map((file) => (
        <li key={file.id} className="min-w-0 max-w-full">
          <a
            href={addressOf(file.id)}
            target="_blank"
            rel="noreferrer"
            onClick={(event) => {
              if (!isPicture(file) || isForBrowser(event)) return
              event.preventDefault()
              setOpened(file.id)
            }}
            className="block max-w-72 overflow-hidden rounded-xl border border-border bg-raised hover:border-accent"
          >
            {isPicture(file) ? (
              <img
                src={`${addressOf(file.id)}?width=512`}
                alt={file.name}
                loading="lazy"
                width={file.width}
                height={file.height}
                style={pictureSize(file)}
                className="min-h-8 min-w-8 object-contain"
              />
            ) : (
              <span className="flex items-center gap-2 px-3 py-2 text-sm">
                <FileIcon aria-hidden size={16} className="shrink-0 text-muted" />
                <span className="min-w-0">
                  <bdi className="block truncate text-match-parent">{file.name}</bdi>
                  <FileState file={file} />
                </span>
              </span>
            )}
          </a>
        </li>
      ))}
      {opened !== null && (
        <PictureView pictures={pictures} first={opened} onClose={() => setOpened(null)} />
      )}
    </ul>
  )
}

/** The state of a file's text: it is being read, could not be read and why, or its number of pages. */
export function FileState({ file }: { file: Pick<File, 'status' | 'error' | 'pages'> }) {
  const state =
    file.status === 'processing'
      ? t('Being read…')
      : (file.error ?? (file.pages ? pagesOf(file.pages) : null))
  return state && <span className="block text-xs text-muted">{state}</span>
}

function pagesOf(count: number): string {
  return t('{count, plural, one {# page} other {# pages}}', { count })
}

function isPicture({ kind, status }: File): boolean {
  return kind === 'image' && status === 'ready'
}

/** A click that opens a tab or a window, or saves. */
function isForBrowser(event: MouseEvent): boolean {
  return event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey
}
