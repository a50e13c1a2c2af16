import { useEffect, useState } from 'react'
import { isStorageDurable } from '../device/durable.ts'
import { useStore, useThroughline } from '../../shared/react/index.ts'
import { t } from '../language/t.ts'

/** Says that a message which waits is lost with this window, where the browser keeps nothing. */
export default function NotKeptNotice() {
  const { outbox } = useThroughline()
  const isWaiting = useStore(outbox, (entries) => entries.length > 0)
  const [isDurable, setDurable] = useState(true)
  useEffect(() => {
    if (isWaiting) void isStorageDurable().then(setDurable)
  }, [isWaiting])
  if (!isWaiting || isDurable) return null
  return (
    <p role="status" className="mx-3 mb-2 rounded-xl bg-accent-soft px-3 py-2 text-xs">
      {t(
        'This browser keeps nothing when this window is closed (is it a private one?). Keep it open until your message is sent.',
      )}
    </p>
  )
}
