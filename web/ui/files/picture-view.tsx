import { ChevronLeft, ChevronRight, ExternalLink, X } from 'lucide-react'
import { use, useState } from 'react'
import type { ReactNode } from 'react'
import type { File } from '../../../shared/contract/file.ts'
import { t } from '../../language/t.ts'
import { Dialog } from '../dialog/dialog.tsx'
import { FileAddress } from './file-address.ts'

/** The widest that the server makes a picture, in pixels. */
const WIDEST = 4_096

/** Pictures, one at a time, as large as the window. */
export default function PictureView(props: {
  pictures: readonly File[]
  first: string
  onClose: () => void
}) {
  const { pictures, onClose } = props
  const addressOf = use(FileAddress)
  const [id, setId] = useState(props.first)
  const place = pictures.findIndex((file) => file.id === id)
  const shown = pictures[place]
  if (!shown) return null
  const step = (by: -1 | 1): void => {
    const next = pictures[place + by]
    if (next) setId(next.id)
  }

  return (
    <Dialog
      label={t('Picture {name}', { name: shown.name })}
      onClose={onClose}
      className="m-0 h-dvh max-h-none w-dvw max-w-none bg-transparent p-0 text-white backdrop:bg-black/90"
    >
      <div
        className="grid size-full grid-rows-[auto_minmax(0,1fr)]"
        onKeyDown={(event) => {
          if (event.key === 'ArrowLeft') step(document.dir === 'rtl' ? 1 : -1)
          if (event.key === 'ArrowRight') step(document.dir === 'rtl' ? -1 : 1)
        }}
      >
        <div className="flex items-center gap-1 bg-black/70 p-2 ps-4">
          <bdi className="min-w-0 flex-1 truncate text-match-parent text-sm">{shown.name}</bdi>
          <a
            href={addressOf(shown.id)}
            target="_blank"
            rel="noreferrer"
            aria-label={t('Open in a new tab')}
            title={t('Open in a new tab')}
            className="grid size-9 place-items-center rounded-full hover:bg-white/15"
          >
            <ExternalLink aria-hidden size={17} />
          </a>
          <PictureButton label={t('Close')} onClick={onClose}>
            <X aria-hidden size={18} />
          </PictureButton>
        </div>
        <div
          className="relative grid min-h-0 min-w-0 place-items-center p-2 pt-0"
          onClick={(event) => {
            if (event.target === event.currentTarget) onClose()
          }}
        >
          <img
            key={shown.id}
            src={largeAddress(addressOf(shown.id), shown)}
            alt={shown.name}
            width={shown.width}
            height={shown.height}
            className="h-auto max-h-full w-auto max-w-full rounded-md object-contain"
          />
          {place > 0 && (
            <PictureButton
              label={t('Previous picture')}
              onClick={() => step(-1)}
              className="absolute start-3 bg-black/60 rtl:-scale-x-100"
            >
              <ChevronLeft aria-hidden size={20} />
            </PictureButton>
          )}
          {place < pictures.length - 1 && (
            <PictureButton
              label={t('Next picture')}
              onClick={() => step(1)}
              className="absolute end-3 bg-black/60 rtl:-scale-x-100"
            >
              <ChevronRight aria-hidden size={20} />
            </PictureButton>
          )}
        </div>
      </div>
    </Dialog>
  )
}

function PictureButton(props: {
  label: string
  onClick: () => void
  className?: string
  children: ReactNode
}) {
  return (
    <button
      type="button"
      aria-label={props.label}
      title={props.label}
      onClick={props.onClick}
      className={`grid size-9 cursor-pointer place-items-center rounded-full hover:bg-white/15 ${props.className ?? ''}`}
    >
      {props.children}
    </button>
  )
}

/**
 * The address of a picture in the size of the window. An animated picture keeps its size, because a smaller copy would
 * not move.
 */
function largeAddress(address: string, { mimeType }: File): string {
  if (mimeType === 'image/gif' || mimeType === 'image/apng') return address
  const width = Math.ceil(Math.max(innerWidth, 320) * devicePixelRatio)
  return `${address}?width=${Math.min(width, WIDEST)}`
}
