import { useEffect, useState } from 'react'

/** The present day, as a moment in it; changes when the next one begins. */
export function useToday(): Date {
  const [today, setToday] = useState(() => new Date())
  useEffect(() => {
    const midnight = new Date(today.getFullYear(), today.getMonth(), today.getDate() + 1)
    // Timers stand still while a machine sleeps: looking each minute is never late by more than that.
    const timer = setInterval(() => {
      if (Date.now() >= midnight.getTime()) setToday(new Date())
    }, 60_000)
    return () => clearInterval(timer)
  }, [today])
  return today
}
