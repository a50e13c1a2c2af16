import type { AppToolCall } from '../../../shared/client/index.ts'
import { FileList } from '../../ui/files/file-list.tsx'

/** The files of a call: pictures are shown, all others can be downloaded. */
export function CallFiles({ call: { files = [], fileNotes = [] } }: { call: AppToolCall }) {
  if (files.length === 0 && fileNotes.length === 0) return null
  return (
    <div className="grid gap-2 border-t border-border p-3.5">
      <FileList files={files} />
      {fileNotes.map((note) => (
        <p key={note} className="text-xs text-muted">
          {note}
        </p>
      ))}
    </div>
  )
}
