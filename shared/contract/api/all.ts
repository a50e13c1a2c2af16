import { account, keys, logins } from './account.ts'
import { auth } from './auth.ts'
import { presets, projects, push } from './belongings.ts'
import { admin, adminInvites, adminRuns, adminUsers } from './admin.ts'
import { mcp } from './mcp.ts'
import { messages, runs } from './messages.ts'
import { files } from './files.ts'
import { me, usage } from './people.ts'
import { sessions, shares } from './sessions.ts'
import { models, tools } from './tools.ts'

/** All procedures of the server, by their groups. */
export const api = {
  me,
  sessions,
  messages,
  files,
  runs,
  shares,
  tools,
  mcp,
  models,
  usage,
  presets,
  projects,
  push,
  keys,
  logins,
  account,
  auth,
  admin,
  'admin.users': adminUsers,
  'admin.invites': adminInvites,
  'admin.runs': adminRuns,
}

type Groups = typeof api
type RepeatIn<Group extends keyof Groups> = {
  [
    Key in keyof Groups[Group] & string as Groups[Group][Key] extends { repeat: true | string }
      ? `${Group}.${Key}`
      : never
  ]: Groups[Group][Key] extends { repeat: infer Repeat } ? Repeat : never
}

type Together<One> = (One extends unknown ? (one: One) => void : never) extends (
  all: infer All,
) => void
  ? All
  : never

/** The mutations that may be repeated, each with its `repeat`. */
export type Repeatable = Together<{ [Group in keyof Groups]: RepeatIn<Group> }[keyof Groups]>
