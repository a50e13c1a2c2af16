import { useEffect } from 'react'
import { client } from '../../../../client.ts'
import type { Attachment } from './attachments.ts'
import { attachments } from '../drafts/page-drafts.ts'

/** Follows the reading of stored files; the server ends each subscription when the file is read. */
export function useReadings(list: readonly Attachment[]): void {
  const waiting = list.flatMap((one) =>
    one.status === 'ready' && one.file.status === 'processing' ? [one.file.id] : [],
  )
  const ids = waiting.join()
  useEffect(() => {
    const followed = ids === '' ? [] : ids.split(',')
    const subscriptions = followed.map((id) =>
      client.api.files.watch.subscribe({ id }, { onData: (file) => attachments.read(file) }),
    )
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe()
    }
  }, [ids])
}
