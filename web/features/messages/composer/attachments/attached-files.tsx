import AttachmentChips from './attachment-chips.tsx'
import { BlindNotice } from './blind-notice.tsx'
// With this part, which is loaded before there is a file: the network may be gone when they are needed.
import './upload-file.ts'
import './upload-waiting.ts'

/** The files beside a text, and what the model does not see of them: not needed before there is one. */
export default function AttachedFiles(props: { draftKey: string; model: string | null }) {
  return (
    <>
      <AttachmentChips draftKey={props.draftKey} />
      <BlindNotice draftKey={props.draftKey} model={props.model} />
    </>
  )
}
