import { useEffect, useState } from 'react'

/** A time within the current day; it changes when the next day begins. */
export function useToday(): Date {
  const [today, setToday] = useState(() => new Date())
  useEffect(() => {
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1)
    // Timers stop while a machine sleeps, so the date is checked every minute.
    const timer = setInterval(() => {
      if (Date.now() >= midnight.getTime()) setToday(new Date())
    }, 60_000)
    return () => clearInterval(timer)
  }, [today])
  return today
}
