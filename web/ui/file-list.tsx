import { File as FileIcon } from 'lucide-react'
import { createContext, use } from 'react'
import type { CSSProperties } from 'react'
import { basePath } from '../base-path.ts'
import type { File } from '../../shared/contract/file.ts'
import { t } from '../language/t.ts'

/** Where the bytes of files are for whoever looks at them: a shared page has an address of its own for each. */
export const FileAddress = createContext((id: string): string => `${basePath}/api/files/${id}`)

/** CSS pixels. */
const WIDEST = 288
const HIGHEST = 224

/** The place of a picture before it is loaded, so that nothing moves when it comes; none where its size is unknown. */
export function pictureSize({ width, height }: Pick<File, 'width' | 'height'>): CSSProperties {
  if (!width || !height) return { maxHeight: HIGHEST }
  const shown = Math.min(width, WIDEST, (HIGHEST * width) / height)
  return { width: Math.max(1, Math.round(shown)), aspectRatio: `${width} / ${height}` }
}

/** Files of a message or a call: pictures small, everything else by its name. */
export function FileList({ files }: { files: readonly File[] }) {
  const addressOf = use(FileAddress)
  if (files.length === 0) return null
  return (
    <ul aria-label={t('Files')} className="mb-2 flex flex-wrap gap-2">
      {files.map((file) => (
        <li key={file.id}>
          <a
            href={addressOf(file.id)}
            target="_blank"
            rel="noreferrer"
            className="block max-w-72 overflow-hidden rounded-xl border border-border bg-raised hover:border-accent"
          >
            {file.kind === 'image' && file.status === 'ready' ? (
              <img
                src={`${addressOf(file.id)}?width=512`}
                alt={file.name}
                loading="lazy"
                width={file.width}
                height={file.height}
                style={pictureSize(file)}
                className="object-contain"
              />
            ) : (
              <span className="flex items-center gap-2 px-3 py-2 text-sm">
                <FileIcon aria-hidden size={16} className="shrink-0 text-muted" />
                <span className="min-w-0">
                  <bdi className="block truncate">{file.name}</bdi>
                  {file.error !== undefined && (
                    <span className="block text-xs text-muted">{file.error}</span>
                  )}
                </span>
              </span>
            )}
          </a>
        </li>
      ))}
    </ul>
  )
}
