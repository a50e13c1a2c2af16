import type { ConnectionState } from '../../../shared/client/index.ts'
import { useConnection } from '../../../shared/react/index.ts'

const texts: Record<ConnectionState['status'], string> = {
  connecting: 'Connecting',
  connected: 'Connected',
  reconnecting: 'Reconnecting',
  offline: 'Offline',
}

/** Says in a word what the line shows: whether this page hears from the server. */
export function ConnectionStatus() {
  const { status } = useConnection()
  return (
    <div
      role="status"
      aria-label="Connection"
      className={`flex items-center gap-2 text-xs transition-colors duration-200 ${status === 'connected' ? 'text-muted' : 'text-text'}`}
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
      <span>{texts[status]}</span>
    </div>
  )
}
