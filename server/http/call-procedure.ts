import { callTRPCProcedure } from '@trpc/server'
import type { AnyTRPCRouter } from '@trpc/server'
import type { Declaration, InputOf, OutputOf } from '../../shared/contract/api/declare.ts'

/** Calls what is declared, in this process. A subscription answers with its events as they were made. */
export type Call = <D extends Declaration>(
  declaration: D,
  input: InputOf<D>,
) => Promise<OutputOf<D>>

/** The procedures of a router as one connection calls them. */
export function createCall(router: AnyTRPCRouter, context: unknown, signal: AbortSignal): Call {
  const call = (declaration: Declaration, input: unknown) =>
    callProcedure(router, context, declaration, async () => input, signal)
  // The procedure of this name has this declaration, and answers what that says.
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
