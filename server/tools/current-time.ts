import { z } from 'zod'
import { Timestamp } from '../../shared/contract/session.ts'
import { defineTool } from './define.ts'
import type { Tool } from './tool.ts'

const Input = z.object({
  time_zone: z
    .string()
    .max(100)
    .refine(isTimeZone, { error: 'is no IANA time zone, such as "Europe/Berlin"' })
    .optional()
    .describe('An IANA time zone, such as "Europe/Berlin"; UTC when it is left out'),
})

const Output = z.object({
  utc: Timestamp,
  time_zone: z.string(),
  /** The local time with its UTC offset, such as `2026-03-29T03:30:00+02:00`. */
  local: z.string(),
  weekday: z.string(),
})

/**
 * The current time, which a model cannot know by itself.
 * @param now milliseconds since the epoch
 */
export function currentTime(
  now: () => number,
): Tool<'current_time', z.infer<typeof Input>, z.infer<typeof Output>> {
  return defineTool({
    name: 'current_time',
    description: 'Tells the current date, time and weekday, in UTC and in a time zone.',
    input: Input,
    output: Output,
    effect: 'read',
    approval: 'never',
    execute: async ({ time_zone = 'UTC' }) => {
      const at = new Date(now())
      const part = partsOf(at, time_zone)
      const distance = part('timeZoneName').replace('GMT', '').replace('\u2212', '-')
      const date = `${part('year')}-${part('month')}-${part('day')}`
      const time = `${part('hour')}:${part('minute')}:${part('second')}`
      return {
        utc: at.toISOString(),
        time_zone,
        local: `${date}T${time}${distance === '' ? '+00:00' : distance}`,
        weekday: part('weekday'),
      }
    },
  })
}

function partsOf(at: Date, timeZone: string): (type: Intl.DateTimeFormatPartTypes) => string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'long',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
  }).formatToParts(at)
  return (type) => parts.find((part) => part.type === type)?.value ?? ''
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name })
    return true
  } catch {
    return false
  }
}
