import { Download, WrapText } from 'lucide-react'
import type { ReactNode } from 'react'
import { CopyButton } from '../../controls/copy-button.tsx'
import { download } from '../../files/download.ts'
import { IconButton } from '../../controls/icon-button.tsx'
import { fileNameFor } from './code-file.ts'
import { t } from '../../../language/t.ts'

/** The actions of a code block. */
export function CodeActions(props: {
  code: string
  language: string
  isWrapped: boolean
  onWrap: () => void
  children?: ReactNode
}) {
  const { code, language } = props
  return (
    <span className="flex">
      {props.children}
      <IconButton
        label={t('Wrap lines')}
        aria-pressed={props.isWrapped}
        className="aria-pressed:text-accent"
        onClick={props.onWrap}
      >
        <WrapText aria-hidden size={15} />
      </IconButton>
      <IconButton
        label={t('Download code')}
        onClick={() => download(fileNameFor(language), 'text/plain;charset=utf-8', [code])}
      >
        <Download aria-hidden size={15} />
      </IconButton>
      <CopyButton label={t('Copy code')} text={code} />
    </span>
  )
}
