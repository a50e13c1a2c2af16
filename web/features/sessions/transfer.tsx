import { Download, Upload } from 'lucide-react'
import { useState } from 'react'
import { useThroughline } from '../../../shared/react/index.ts'
import { Button } from '../../ui/controls/button.tsx'
import { download } from '../../ui/files/download.ts'
import { FileButton } from '../../ui/controls/file-button.tsx'
import { exportAll } from './export-all.ts'
import { importFile } from './import-file.ts'
import { t } from '../../language/t.ts'

type State =
  | { kind: 'idle' }
  | { kind: 'busy'; text: string }
  | { kind: 'done'; text: string }
  | { kind: 'failed'; text: string }

/** Export of everything to a file, and import of files. */
export function Transfer() {
  const { api } = useThroughline()
  const [state, setState] = useState<State>({ kind: 'idle' })
  const isBusy = state.kind === 'busy'

  async function attempt(begin: string, work: () => Promise<string>): Promise<void> {
    setState({ kind: 'busy', text: begin })
    try {
      setState({ kind: 'done', text: await work() })
    } catch (error) {
      const text = error instanceof Error ? error.message : t('The server cannot be reached.')
      setState({ kind: 'failed', text })
    }
  }

  const takeOut = () =>
    attempt(t('Exporting…'), async () => {
      const file = await exportAll(api, new Date(), (count) =>
        setState({
          kind: 'busy',
          text: t('Exporting… {count, plural, one {# session} other {# sessions}}', { count }),
        }),
      )
      download(file.name, 'application/json', [file.content])
      return t('Exported {count, plural, one {# session} other {# sessions}}.', {
        count: file.count,
      })
    })

  const bringIn = (file: File) =>
    attempt(t('Importing…'), async () =>
      t('Imported {count, plural, one {# session} other {# sessions}}.', {
        count: await importFile(file),
      }),
    )

  return (
    <div className="grid gap-3">
      <div className="flex flex-wrap gap-2">
        <Button aria-disabled={isBusy} onClick={() => !isBusy && void takeOut()}>
          <Download aria-hidden size={15} />
          {t('Export everything')}
        </Button>
        <FileButton
          label={t('File to import')}
          accept="application/json,.json,application/zip,.zip"
          isBusy={isBusy}
          onChoose={([file]) => file && void bringIn(file)}
        >
          <Upload aria-hidden size={15} />
          {t('Import a file')}
        </FileButton>
      </div>
      <p
        role={state.kind === 'failed' ? 'alert' : 'status'}
        className={`text-sm wrap-anywhere empty:hidden ${state.kind === 'failed' ? 'text-danger' : 'text-muted'}`}
      >
        {state.kind === 'idle' ? '' : state.text}
      </p>
    </div>
  )
}
