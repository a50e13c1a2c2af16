import type { z } from 'zod'

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** What can be asked of the server: everything else about a procedure is derived from this. */
export type Declaration = RequestDeclaration | SubscriptionDeclaration

type Common = {
  /** As tRPC knows it, such as `messages.send`; `group` writes it. */
  name: string
  /** An object, which may be left out as a whole; absent where nothing is asked for. */
  input?: z.ZodType
  /** Who may call; whoever is signed in when absent. */
  access?: 'anyone' | 'admin'
  /** What a key must be good for; by the kind when absent: a mutation writes, anything else reads. */
  scope?: 'read' | 'write'
  /** `person`: not by a key, for a key must not make others of its kind, nor end what its person signed in to. */
  by?: 'person'
}

/** Events from now on, until the caller leaves. A client is told their type by the generator that makes them. */
type SubscriptionDeclaration = Common & {
  kind: 'subscription'
  /** What is handed out in the server's own process. */
  events?: z.ZodType<AsyncIterable<unknown>>
}

export type RequestDeclaration = Common & {
  kind: 'query' | 'mutation'
  /** Method and path below `/api`, with parameters in braces. */
  rest: `${Method} /${string}`
  summary: string
  /** What is answered; nothing else leaves the server. */
  output?: z.ZodType
  /**
   * In place of `output` where the answer's type comes from the server, as that of tool calls does: it describes the
   * answer and does not check it.
   */
  described?: z.ZodType
  /** Mutations only: done twice it is done once, always or where this field is given. Absent: it must not be repeated. */
  repeat?: true | string
  /** How the REST interface hands it on, where not as JSON of the usual size: as a file to keep, or from a file. */
  file?: 'download' | 'upload'
}

type Declared<Kind extends Declaration['kind'], Given> = Given & { kind: Kind; name: string }

export function query<const Given extends Omit<RequestDeclaration, 'kind' | 'name' | 'repeat'>>(
  given: Given,
): Declared<'query', Given> {
  return { ...given, kind: 'query', name: '' }
}

export function mutation<const Given extends Omit<RequestDeclaration, 'kind' | 'name'>>(
  given: Given,
): Declared<'mutation', Given> {
  return { ...given, kind: 'mutation', name: '' }
}

export function subscription<const Given extends Omit<SubscriptionDeclaration, 'kind' | 'name'>>(
  given: Given,
): Declared<'subscription', Given> {
  return { ...given, kind: 'subscription', name: '' }
}

/** Names the procedures of a group by their keys in it; those of no group (null) stand by themselves. */
export function group<Group extends Record<string, Declaration>>(
  name: string | null,
  group: Group,
): Group {
  for (const [key, declaration] of Object.entries(group)) {
    declaration.name = name === null ? key : `${name}.${key}`
  }
  return group
}

/** What a caller passes. */
export type InputOf<D extends Declaration> = D extends { input: infer Input extends z.ZodType }
  ? z.input<Input>
  : void

/** What the one who does it is given: parsed, with its defaults. */
export type ParsedInputOf<D extends Declaration> = D extends {
  input: infer Input extends z.ZodType
}
  ? z.output<Input>
  : void

/** What the one who does it has to return. */
export type AnswerOf<D extends Declaration> = D extends { output: infer Output extends z.ZodType }
  ? z.input<Output>
  : D extends { described: infer Output extends z.ZodType }
    ? z.input<Output>
    : unknown

/** What a caller gets. `Returned` is what the one who does it returns, which counts where the output is described only. */
export type OutputOf<D extends Declaration, Returned = unknown> = D extends {
  output: infer Output extends z.ZodType
}
  ? z.output<Output>
  : D extends { described: infer Output extends z.ZodType }
    ? unknown extends Returned
      ? z.output<Output>
      : Returned
    : D extends { events: infer Events extends z.ZodType }
      ? z.output<Events>
      : unknown
