import type { ConnectionState } from '../../../shared/client/index.ts'
import { useConnection } from '../../../shared/react/index.ts'
import { msg, t } from '../../language/t.ts'
import type { Marked } from '../../language/t.ts'

const texts: Record<ConnectionState['status'], Marked> = {
  connecting: msg('Connecting'),
  connected: msg('Connected'),
  reconnecting: msg('Reconnecting'),
  offline: msg('Offline'),
}

/** Explains the obstacle if the server has reported it. */
function explain(state: ConnectionState): string | null {
  if (state.status !== 'reconnecting') return null
  if (state.cause.code === 4403) return state.cause.message
  switch (state.cause.reason) {
    case 'database':
      return t('The server cannot reach its database right now. This page will continue by itself.')
    case 'origin':
      return state.cause.message
    case undefined:
      return null
  }
}

/** Shows the state of the connection in a word, and the reason of an interruption. */
export function ConnectionStatus() {
  const state = useConnection()
  const { status } = state
  const explanation = explain(state)
  return (
    <div className="flex items-center gap-3 text-xs">
      {explanation !== null && (
        <p role="alert" className="max-w-[60vw] text-end text-text">
          {explanation}
        </p>
      )}
      <div
        role="status"
        aria-label={t('Connection')}
        className={`flex items-center gap-2 transition-colors duration-200 ${status === 'connected' ? 'text-muted' : 'text-text'}`}
      >
        <svg
          aria-hidden
          width="18"
          height="8"
          className={status === 'connected' ? 'text-accent' : 'text-muted'}
        >
          <line
            x1="1"
            x2="17"
            y1="4"
            y2="4"
            stroke="currentColor"
            strokeWidth="2"
            strokeLinecap="round"
            strokeDasharray={status === 'connected' ? '16 0' : status === 'offline' ? '1 6' : '4 4'}
            className="transition-[stroke-dasharray] duration-300"
          />
        </svg>
        <span>{t(texts[status])}</span>
      </div>
    </div>
  )
}
