import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import type { OpenApiMeta, OpenApiMethod } from 'trpc-to-openapi'
import { z } from 'zod'

/** Where the REST interface stands. */
export const REST_PREFIX = '/api'

/** A router's procedures by their dotted names. */
export function procedureRecord(router: AnyTRPCRouter): Record<string, AnyTRPCProcedure> {
  return router._def.procedures as Record<string, AnyTRPCProcedure>
}

export type RestRoute = {
  /** The procedure's path in the router, such as `sessions.create`. */
  procedure: string
  method: OpenApiMethod
  /** Below `/api`, with parameters in braces: `/session/{id}`. */
  path: `/${string}`
  summary: string | undefined
}

/**
 * Where each procedure stands in the REST interface. A procedure's own `meta.openapi` goes before this table; one
 * that is in neither is at its own name: `usage.daily` at `GET /usage/daily`, a mutation by `POST`.
 */
const ROUTES: Record<string, readonly [OpenApiMethod, `/${string}`, string]> = {
  me: ['GET', '/me', 'Who is calling'],
  'sessions.list': ['GET', '/session', 'List the sessions, newest activity first'],
  'sessions.create': ['POST', '/session', 'Create a session'],
  'sessions.read': ['GET', '/session/{id}', 'Read a session with its messages'],
  'sessions.get': ['GET', '/session/{id}/details', 'Read a session without its messages'],
  'sessions.update': ['PATCH', '/session/{id}', 'Change a session'],
  'sessions.delete': ['DELETE', '/session/{id}', 'Delete a session with all its messages'],
  'sessions.log': ['GET', '/session/{id}/log', 'Read the event log of a session'],
  'sessions.export': ['GET', '/session/{id}/export', 'Download a session as JSON or Markdown'],
  'sessions.import': ['POST', '/session/import', 'Import sessions, ours or ChatGPT’s'],
  'sessions.search': ['GET', '/session/search', 'Search titles, summaries and messages'],
  'shares.create': ['POST', '/share', 'Share a snapshot of a session'],
  'shares.list': ['GET', '/share', 'List the shares'],
  'shares.revoke': ['DELETE', '/share/{token}', 'End a share'],
  'shares.get': ['GET', '/share/{token}', 'Read a shared snapshot'],
  'messages.list': [
    'GET',
    '/session/{sessionId}/messages',
    'List the messages of the active branch',
  ],
  'messages.send': ['POST', '/session/{sessionId}/messages', 'Send a message and start its answer'],
  'messages.edit': ['POST', '/message/{id}/edit', 'Edit a message and answer it anew'],
  'messages.regenerate': ['POST', '/message/{id}/regenerate', 'Answer anew'],
  'messages.select': [
    'POST',
    '/message/{id}/select',
    'Make the branch of a message the active one',
  ],
  'messages.unqueue': ['POST', '/message/{id}/unqueue', 'Take back a message that still waits'],
  'runs.stop': ['POST', '/session/{sessionId}/stop', 'Stop the running answer'],
  'tools.list': ['GET', '/tools', 'List the tools that the model may call'],
  'tools.decide': ['POST', '/tool-call/{callId}/decision', 'Approve or deny a call that waits'],
  'tools.resolve': ['POST', '/tool-call/{callId}/resolution', 'Say how an unknown call went'],
  'usage.summary': ['GET', '/usage/summary', 'What the models used, and cost'],
  'usage.daily': ['GET', '/usage/daily', 'What the models used, and cost, day by day'],
  'models.list': ['GET', '/models', 'List the models that the endpoint offers'],
}

/** The REST route of a query or mutation; null for a subscription, and for what its meta switches off. */
export function restRoute(name: string, procedure: AnyTRPCProcedure): RestRoute | null {
  const { type } = procedure._def
  if (type === 'subscription') return null
  const own = ownRoute(procedure)
  if (own?.enabled === false) return null
  if (own) return { procedure: name, method: own.method, path: own.path, summary: own.summary }
  const [method, path, summary] = ROUTES[name] ?? []
  if (method && path) return { procedure: name, method, path, summary }
  return {
    procedure: name,
    method: type === 'query' ? 'GET' : 'POST',
    path: `/${name.replaceAll('.', '/')}`,
    summary: undefined,
  }
}

function ownRoute(procedure: AnyTRPCProcedure): OpenApiMeta['openapi'] {
  const meta: OpenApiMeta | undefined = procedure._def.meta as OpenApiMeta | undefined
  return meta?.openapi
}

/** The schema of a procedure's input: what all its `.input()`s ask for together. */
export function inputSchema(procedure: AnyTRPCProcedure): z.ZodObject {
  const inputs: unknown = Reflect.get(procedure._def, 'inputs')
  const schemas = Array.isArray(inputs) ? inputs.map(objectSchema) : []
  return schemas.reduce((all, one) => all.extend(one.shape), z.object({}))
}

function objectSchema(input: unknown): z.ZodObject {
  if (input instanceof z.ZodObject) return input
  const isWrapper =
    input instanceof z.ZodOptional ||
    input instanceof z.ZodDefault ||
    input instanceof z.ZodPrefault
  if (isWrapper) return objectSchema(input.unwrap())
  if (input instanceof z.ZodVoid || input instanceof z.ZodUndefined) return z.object({})
  throw new Error('The input of a procedure must be an object to be offered over REST.')
}
