import type { z } from 'zod'

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** The declaration of a procedure, from which everything else about it is derived. */
export type Declaration = RequestDeclaration | SubscriptionDeclaration

type Common = {
  /** As tRPC knows it, such as `messages.send`; `group` writes it. */
  name: string
  /** An object, which may be left out as a whole; absent where nothing is asked for. */
  input?: z.ZodType
  /** The access to the procedure; by default, everyone who is signed in. */
  access?: 'anyone' | 'admin'
  /** The scope that an API key needs; by default, `write` for a mutation and `read` for anything else. */
  scope?: 'read' | 'write'
  /** `person`: not by a key, for a key must not make others of its kind, nor end what its person signed in to. */
  by?: 'person'
}

/** Events from now on, until the caller leaves. A client is told their type by the generator that makes them. */
type SubscriptionDeclaration = Common & {
  kind: 'subscription'
  /** The output within the server's own process. */
  events?: z.ZodType<AsyncIterable<unknown>>
}

export type RequestDeclaration = Common & {
  kind: 'query' | 'mutation'
  /** Method and path below `/api`, with parameters in braces. */
  rest: `${Method} /${string}`
  summary: string
  /** The output; no other field leaves the server. */
  output?: z.ZodType
  /**
   * In place of `output` where the answer's type comes from the server, as that of tool calls does: it describes the
   * answer and does not check it.
   */
  described?: z.ZodType
  /** Mutations only: done twice it is done once, always or where this field is given. Absent: it must not be repeated. */
  repeat?: true | string
  /** Its answers may be long: one socket gets them one after the other, each when there is room for it. */
  isLong?: true
  /** The REST interface sends the output as a file, or takes the input from a file. */
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

/** The input, as a caller passes it. */
export type InputOf<D extends Declaration> = D extends { input: infer Input extends z.ZodType }
  ? z.input<Input>
  : void

/** The parsed input with its defaults, as the implementation gets it. */
export type ParsedInputOf<D extends Declaration> = D extends {
  input: infer Input extends z.ZodType
}
  ? z.output<Input>
  : void

/** The output, as the implementation returns it. */
export type AnswerOf<D extends Declaration> = D extends { output: infer Output extends z.ZodType }
  ? z.input<Output>
  : D extends { described: infer Output extends z.ZodType }
    ? z.input<Output>
    : unknown

/**
 * The output, as a caller gets it. `Returned` is the implementation's return type, which counts where the output is
 * only described.
 */
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
