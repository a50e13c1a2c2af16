import { parseArgs } from 'node:util'
import { z } from 'zod'
import { WAY_NAMES } from './writer/ways.ts'

const list = z.string().transform((text) => text.split(','))
const amount = z.string().transform(Number).pipe(z.number().int().positive())

const Flags = z.object({
  quick: z.boolean().default(false),
  save: z.boolean().default(false),
  repeat: amount.optional(),
  seconds: amount.optional(),
  kills: amount.optional(),
  messages: amount.optional(),
  events: amount.optional(),
  tokens: amount.pipe(z.number().min(500).max(10_000)).optional(),
  streams: list.pipe(z.array(amount)).optional(),
  sessions: list.pipe(z.array(amount)).optional(),
  nodes: list.pipe(z.array(amount)).default([1, 2, 4]),
  people: amount.default(20),
  answer: amount.default(100),
  databases: list.pipe(z.array(z.enum(['postgres', 'embedded']))).default(['postgres', 'embedded']),
  ways: list.pipe(z.array(z.enum(WAY_NAMES))).optional(),
  against: z.string().optional(),
})

/**
 * Which benchmarks to run, how many rounds and for how long. `--quick` gives a first impression, not reliable figures.
 */
export type Options = ReturnType<typeof readOptions>['options']

/** @throws when a flag is unknown or its value is invalid */
export function readOptions(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      quick: { type: 'boolean' },
      save: { type: 'boolean' },
      repeat: { type: 'string' },
      seconds: { type: 'string' },
      kills: { type: 'string' },
      messages: { type: 'string' },
      events: { type: 'string' },
      tokens: { type: 'string' },
      streams: { type: 'string' },
      sessions: { type: 'string' },
      nodes: { type: 'string' },
      people: { type: 'string' },
      answer: { type: 'string' },
      databases: { type: 'string' },
      ways: { type: 'string' },
      against: { type: 'string' },
    },
  })
  const { quick, ...flags } = Flags.parse(values)
  const standard = quick
    ? {
        repeat: 1,
        seconds: 2,
        kills: 10,
        messages: 10_000,
        events: 50_000,
        tokens: 1_500,
        streams: [1, 200],
        sessions: [1_000],
      }
    : {
        repeat: 3,
        seconds: 8,
        kills: 100,
        messages: 100_000,
        events: 1_000_000,
        tokens: 10_000,
        streams: [1, 50, 200, 1000],
        sessions: [1_000, 100_000],
      }
  return {
    names: positionals,
    options: {
      repeat: flags.repeat ?? standard.repeat,
      seconds: flags.seconds ?? standard.seconds,
      kills: flags.kills ?? standard.kills,
      messages: flags.messages ?? standard.messages,
      events: flags.events ?? standard.events,
      tokens: flags.tokens ?? standard.tokens,
      streams: flags.streams ?? standard.streams,
      sessions: flags.sessions ?? standard.sessions,
      databases: flags.databases,
      nodes: flags.nodes,
      people: flags.people,
      answer: flags.answer,
      save: flags.save,
      ways: flags.ways,
      against: flags.against,
    },
  }
}
