import { expect } from 'vitest'
import { z } from 'zod'
import { ResponseEvents } from '../openai/response-events.ts'
import type { NumberedEvent } from '../openai/response-events.ts'
import type { LoggedRun } from './run-writer.ts'

/** The events of each response of a run. */
export function responsesOf({ run, log }: LoggedRun): NumberedEvent[][] {
  const events = new ResponseEvents(run)
  const segments = [events.begin()]
  for (const committed of log) {
    if (events.isOver) segments.push(events.next())
    segments.at(-1)?.push(...events.translate(committed))
  }
  return segments
}

const Placed = z.looseObject({ output_index: z.number(), item: z.looseObject({ id: z.string() }) })

/** Each item is begun once, at a place of its own, and ended there; and the response has begun before. */
export function expectWhole(events: readonly NumberedEvent[]): void {
  expect(events.slice(0, 2).map(({ type }) => type)).toEqual([
    ...['response.created', 'response.in_progress'].slice(0, events.length),
  ])
  const placesOf = (type: string) =>
    events
      .filter((event) => event.type === type)
      .map((event) => {
        const { output_index: index, item } = Placed.parse(event)
        return `${index} ${item.id}`
      })
  const added = placesOf('response.output_item.added')
  expect(added.map((place) => Number.parseInt(place, 10))).toEqual(added.map((_, at) => at))
  // The item of a call that was tried again is done again.
  expect(new Set(placesOf('response.output_item.done'))).toEqual(new Set(added))
}

const Content = z.looseObject({ text: z.string().optional(), refusal: z.string().optional() })
const Item = z.looseObject({
  id: z.string(),
  type: z.string(),
  content: z.array(Content).optional(),
})
export const Ended = z.looseObject({
  response: z.looseObject({ status: z.string(), output: z.array(Item) }),
})
const Delta = z.looseObject({ item_id: z.string(), delta: z.string() })

/** The id of the item that an event is about. */
export function itemOf(event: NumberedEvent): string | undefined {
  return Delta.partial().parse(event).item_id ?? Placed.safeParse(event).data?.item.id
}

/** The texts of the response's final output. */
export function outputOf(events: readonly NumberedEvent[], only?: 'text'): string[] {
  const { output } = Ended.parse(events.at(-1)).response
  const said = (one: z.infer<typeof Content>) => one.text ?? (only ? '' : (one.refusal ?? ''))
  return output.flatMap(({ type, content }) =>
    type === 'message' ? [content?.map(said).join('') ?? ''] : [],
  )
}

/** The same, put together from what was said piece by piece. */
export function foldedResponse(events: readonly NumberedEvent[]): string[] {
  const texts = new Map<string, string>()
  for (const event of events) {
    if (!/^response\.(output_text|refusal)\.delta$/.test(event.type)) continue
    const { item_id: id, delta } = Delta.parse(event)
    texts.set(id, (texts.get(id) ?? '') + delta)
  }
  const { output } = Ended.parse(events.at(-1)).response
  return output.flatMap(({ id, type }) => (type === 'message' ? [texts.get(id) ?? ''] : []))
}
