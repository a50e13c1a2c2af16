import AttachmentChips from './attachment-chips.tsx'
import { BlindNotice } from './blind-notice.tsx'
// Loaded with this component, before there is a file, because the network may be gone when it is needed.
import './upload-file.ts'
import './upload-waiting.ts'

/**
 * The files of an unsent text, with a notice of those that the model cannot see. Its code is loaded for the first file.
 */
export default function AttachedFiles(props: { draftKey: string; model: string | null }) {
  return (
    <>
      <AttachmentChips draftKey={props.draftKey} />
      <BlindNotice draftKey={props.draftKey} model={props.model} />
    </>
  )
}
