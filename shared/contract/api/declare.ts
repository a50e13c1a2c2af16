import type { z } from 'zod'

type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

/** The declaration of a procedure, from which routes, types and documents are derived. */
export type Declaration = RequestDeclaration | SubscriptionDeclaration

type Common = {
  /** The name in tRPC, such as `messages.send`; `group` sets it. */
  name: string
  /** An object, which may be absent as a whole; no `input` for a procedure without one. */
  input?: z.ZodType
  /** The access to the procedure; by default, everyone who is signed in. */
  access?: 'anyone' | 'admin'
  /** The scope that an API key needs; by default, `write` for a mutation and `read` for anything else. */
  scope?: 'read' | 'write'
  /** `person`: an API key cannot do it, because a key must not make other keys, nor end logins of its person. */
  by?: 'person'
}

/** Yields events until the caller leaves. The client's type of the events comes from the generator that yields them. */
type SubscriptionDeclaration = Common & {
  kind: 'subscription'
  /** The events as callers in this process get them. */
  events?: z.ZodType<AsyncIterable<unknown>>
}

export type RequestDeclaration = Common & {
  kind: 'query' | 'mutation'
  /** Method and path below `/api`, with parameters in braces. */
  rest: `${Method} /${string}`
  summary: string
  /** The output. Fields that are not in it do not leave the server. */
  output?: z.ZodType
  /**
   * In place of `output` when the type of the answer comes from the server, as for tool calls. It is used for the
   * description only, and not to check the answer.
   */
  described?: z.ZodType
  /**
   * For mutations that may be repeated, because doing it twice has the effect of doing it once: `true` for always, a
   * field's name for requests with that field. Absent when it must not be repeated.
   */
  repeat?: true | string
  /** The answers may be long: one socket gets them one after the other, each when there is room for it. */
  isLong?: true
  /** REST sends the output as a file to download, or takes the input from a file. */
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

/** Names the procedures of a group by their keys; with null, the key alone is the name. */
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
 * The output, as a caller gets it. `Returned` is the implementation's return type, which is used when the output is
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
