import type { Declaration } from './declare.ts'
import { messages, runs } from './messages.ts'
import { me, usage } from './people.ts'
import { sessions } from './sessions.ts'
import { shares } from './shares.ts'
import { models, tools } from './tools.ts'

/** Everything that can be asked of the server. */
export const api = { me, sessions, messages, runs, shares, tools, models, usage }

type Groups = typeof api
type NamesIn<Group extends keyof Groups> = {
  [Name in keyof Groups[Group]]: Groups[Group][Name] extends Declaration & { repeat: true | string }
    ? `${Group}.${Name & string}`
    : never
}[keyof Groups[Group]]

/** The mutations that may be sent twice, each with what it says of that. */
export type Repeatable = {
  [
    Name in { [Group in keyof Groups]: NamesIn<Group> }[keyof Groups]
  ]: Name extends `${infer Group extends keyof Groups}.${infer Key}`
    ? RepeatOf<Groups[Group], Key>
    : never
}

type RepeatOf<Group, Key> = Key extends keyof Group
  ? Group[Key] extends { repeat: infer Repeat }
    ? Repeat
    : never
  : never
