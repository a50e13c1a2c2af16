import { basePath } from '../../base-path.ts'
import { X } from 'lucide-react'
import { useEffect, useRef } from 'react'
import { Dialog } from '../dialog/dialog.tsx'
import { IconButton } from '../controls/icon-button.tsx'
import { useMediaQuery } from '../use-media-query.ts'
import { previews } from './previews.ts'
import type { Preview } from './previews.ts'
import { t } from '../../language/t.ts'

const close = () => previews.show(null)

/** An opened preview: beside the conversation, or as a dialog over it on narrow screens. */
export default function PreviewPanel({ preview }: { preview: Preview }) {
  const isWide = useMediaQuery('(width >= 64rem)')
  if (!isWide) {
    return (
      <Dialog
        label={t('Preview')}
        onClose={close}
        className="m-auto h-[min(44rem,92dvh)] w-[calc(100vw-1.5rem)] max-w-none rounded-2xl border border-border bg-raised p-0 text-text shadow-2xl"
      >
        <Content preview={preview} />
      </Dialog>
    )
  }
  return (
    <aside aria-label={t('Preview')} className="w-[44%] shrink-0 border-s border-border bg-raised">
      <Content preview={preview} />
    </aside>
  )
}

function Content({ preview }: { preview: Preview }) {
  return (
    <div className="flex h-full flex-col">
      <header className="flex h-14 shrink-0 items-center gap-3 border-b border-border px-4 text-sm">
        <h2 className="font-medium">{t('Preview')}</h2>
        <span className="text-xs text-muted">
          {t('{title}, without network', { title: preview.title })}
        </span>
        <IconButton label={t('Close preview')} className="ms-auto" onClick={close}>
          <X aria-hidden size={16} />
        </IconButton>
      </header>
      {/* Another preview is another frame: the old one's scripts end with it. */}
      <Frame key={preview.html} html={preview.html} />
    </div>
  )
}

function Frame({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  useEffect(() => {
    const onMessage = ({ source, data }: MessageEvent): void => {
      const target = frame.current?.contentWindow
      // Its origin is opaque, so that it cannot be named as the receiver.
      if (target && source === target && data === 'ready') target.postMessage(html, '*')
    }
    addEventListener('message', onMessage)
    return () => removeEventListener('message', onMessage)
  }, [html])
  return (
    <iframe
      ref={frame}
      title={t('Preview of what the model wrote')}
      src={`${basePath}/preview`}
      sandbox="allow-scripts allow-modals"
      referrerPolicy="no-referrer"
      className="min-h-0 w-full flex-1 border-0 bg-white"
      style={{ colorScheme: 'light' }}
    />
  )
}
