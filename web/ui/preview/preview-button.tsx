import { Eye } from 'lucide-react'
import { IconButton } from '../controls/icon-button.tsx'
import { previews } from './previews.ts'
import { t } from '../../language/t.ts'

/** Opens a page or a picture beside the conversation. */
export function PreviewButton({ code, language }: { code: string; language: string }) {
  return (
    <IconButton
      label={t('Preview')}
      onClick={() => previews.show({ title: language.toUpperCase(), html: code })}
    >
      <Eye aria-hidden size={15} />
    </IconButton>
  )
}
