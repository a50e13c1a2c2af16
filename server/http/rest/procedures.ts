import { callTRPCProcedure } from '@trpc/server'
import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { z } from 'zod'
import type {
  Declaration,
  InputOf,
  OutputOf,
  RequestDeclaration,
} from '../../../shared/contract/api/declare.ts'

/** The path of the REST interface. */
export const REST_PREFIX = '/api'

/** A router's procedures by their dotted names. */
export function procedureRecord(router: AnyTRPCRouter): Record<string, AnyTRPCProcedure> {
  return router._def.procedures as Record<string, AnyTRPCProcedure>
}

/** The queries and mutations of a router. */
export function requestsOf(router: AnyTRPCRouter): RequestDeclaration[] {
  return Object.values(procedureRecord(router)).flatMap(({ _def }) => {
    // Procedures are made of their declarations, in `server/trpc.ts`.
    const declaration = _def.meta as Declaration | undefined
    return declaration && declaration.kind !== 'subscription' ? [declaration] : []
  })
}

/** True when the input is an uploaded file, which may be larger than other inputs. */
export function isUpload({ file }: RequestDeclaration): boolean {
  return file === 'upload'
}

/** Its method, and its path below `/api`, with parameters in braces. */
export function routeOf({ rest }: RequestDeclaration): { method: string; path: `/${string}` } {
  const [method = '', path = ''] = rest.split(' /')
  return { method, path: `/${path}` }
}

/** The fields of a procedure's input. */
export function inputSchema({ input }: Pick<Declaration, 'input'>): z.ZodObject {
  if (input === undefined) return z.object({})
  if (input instanceof z.ZodObject) return input
  const isWrapper =
    input instanceof z.ZodOptional ||
    input instanceof z.ZodDefault ||
    input instanceof z.ZodPrefault
  if (isWrapper && input.def.innerType instanceof z.ZodType) {
    return inputSchema({ input: input.def.innerType })
  }
  throw new Error('The input of a procedure must be an object to be offered over REST.')
}

/** Calls a declared procedure in this process. A subscription answers with its events as objects. */
export type Call = <D extends Declaration>(
  declaration: D,
  input: InputOf<D>,
) => Promise<OutputOf<D>>

/** The procedures of a router as one connection calls them. */
export function createCall(router: AnyTRPCRouter, context: unknown, signal: AbortSignal): Call {
  const call = (declaration: Declaration, input: unknown) =>
    callProcedure(router, context, declaration, async () => input, signal)
  // The declaration defines the procedure of this name, and so its result.
  return call as Call
}

/** @param getRawInput throws where it cannot be read */
export async function callProcedure(
  router: AnyTRPCRouter,
  ctx: unknown,
  { name: path, kind: type }: Pick<Declaration, 'name' | 'kind'>,
  getRawInput: () => Promise<unknown>,
  signal: AbortSignal,
): Promise<unknown> {
  return callTRPCProcedure({ router, path, type, ctx, getRawInput, signal, batchIndex: 0 })
}
