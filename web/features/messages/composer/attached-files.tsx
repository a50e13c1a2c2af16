import AttachmentChips from './attachment-chips.tsx'
import { BlindNotice } from './blind-notice.tsx'

/** The files beside a text, and what the model does not see of them: not needed before there is one. */
export default function AttachedFiles(props: { draftKey: string; model: string | null }) {
  return (
    <>
      <AttachmentChips draftKey={props.draftKey} />
      <BlindNotice draftKey={props.draftKey} model={props.model} />
    </>
  )
}
