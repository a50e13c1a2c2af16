import { jsonText } from '../../ui/json-text.ts'
import { t } from '../../language/t.ts'
import { isRecord } from '../../../shared/session/is-record.ts'

/** The complete arguments of a call, which must be readable before it is allowed. */
export function CallArguments({ input }: { input: unknown }) {
  const entries = isRecord(input) ? Object.entries(input) : null
  if (!entries) return <Value value={input} />
  if (entries.length === 0) return <p className="text-sm text-muted">{t('No arguments.')}</p>
  return (
    <dl className="grid gap-2 text-sm sm:grid-cols-[auto_minmax(0,1fr)] sm:gap-x-4">
      {entries.map(([name, value]) => (
        <div key={name} className="grid gap-0.5 sm:col-span-2 sm:grid-cols-subgrid sm:gap-x-4">
          <dt className="text-xs leading-5 wrap-anywhere text-muted">
            <bdi className="font-mono">{name}</bdi>
          </dt>
          <dd className="min-w-0">
            <Value value={value} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ value }: { value: unknown }) {
  const text = jsonText(value)
  const isLong = text.length > 400 || text.split('\n').length > 8
  return (
    <p
      // A scrolling element must be focusable by keyboard.
      tabIndex={isLong ? 0 : undefined}
      className={`max-h-60 overflow-y-auto leading-5 wrap-anywhere whitespace-pre-wrap ${typeof value === 'string' ? '' : 'font-mono text-[0.8125rem]'}`}
    >
      {text === '' ? <span className="text-muted">{t('empty')}</span> : <bdi>{text}</bdi>}
    </p>
  )
}
