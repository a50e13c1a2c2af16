import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import type { Session } from '../../shared/contract/session.ts'
import { markOf, newsOf, sessionAskedFor, sessionToOpen } from '../features/attention/attention.ts'
import { showMark } from '../features/attention/mark.ts'
import { notify, renewPush } from '../features/attention/notifications.ts'
import { tellWhenVisible } from '../features/attention/visible-tab.ts'
import { useSessions } from '../features/sessions/use-sessions.ts'

/** Says in the title, the icon and by notifications what happens in any session. It draws nothing. */
export default function Attention() {
  const { sessions } = useSessions()
  const navigate = useNavigate()
  const before = useRef<readonly Session[]>([])
  const [unseen, setUnseen] = useState<ReadonlySet<string>>(new Set())

  useEffect(() => tellWhenVisible(), [])
  // Each page load renews the subscription, because the device belongs to the current login.
  useEffect(() => void renewPush(), [])

  useEffect(() => {
    const news = newsOf(before.current, sessions)
    before.current = sessions
    const isHidden = document.visibilityState === 'hidden'
    const done = news.filter(({ type }) => type === 'done' && isHidden)
    if (done.length > 0) {
      setUnseen((known) => new Set([...known, ...done.map(({ session }) => session.id)]))
    }
    for (const one of news) {
      void notify(one, (id) => void navigate({ to: '/s/$id', params: { id } }))
    }
  }, [sessions, navigate])

  useEffect(() => {
    const look = (): void => {
      if (document.visibilityState === 'visible') setUnseen(new Set())
    }
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])

  // After a click on a notification the worker sends this page to the session, without a reload.
  useEffect(() => {
    const { serviceWorker } = navigator
    const onMessage = ({ data, ports }: MessageEvent): void => {
      const asked = sessionAskedFor(data)
      if (asked !== null) {
        ports[0]?.postMessage(location.pathname.endsWith(`/s/${asked}`) ? 'shown' : 'elsewhere')
      }
      const id = sessionToOpen(data)
      if (id === null) return
      ports[0]?.postMessage('opened')
      void navigate({ to: '/s/$id', params: { id } })
    }
    serviceWorker?.addEventListener('message', onMessage)
    return () => serviceWorker?.removeEventListener('message', onMessage)
  }, [navigate])

  // The sign-in page shows nothing about the person's sessions.
  useEffect(() => () => showMark(null, 0), [])

  useEffect(() => {
    const waiting = sessions.filter((session) => session.running && session.waiting).length
    showMark(markOf(sessions, unseen.size), unseen.size + waiting)
  }, [sessions, unseen])

  return null
}
