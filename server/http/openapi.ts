import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server'
import { generateOpenApiDocument } from 'trpc-to-openapi'
import type { OpenApiRouter } from 'trpc-to-openapi'
import { z } from 'zod'
import { describeResponses } from './openapi-responses.ts'
import { asParameters } from './rest-parameters.ts'
import { REST_OUTPUTS } from './rest-outputs.ts'
import { inputSchema, procedureRecord, REST_PREFIX, restRoute } from './rest-paths.ts'

const outputs: Partial<Record<string, z.ZodType>> = REST_OUTPUTS

/** The OpenAPI 3.1 document of every query and mutation of the router. */
export function describeRest(router: AnyTRPCRouter, version: string): unknown {
  const procedures = Object.entries(procedureRecord(router)).flatMap(([name, procedure]) => {
    const described = describe(name, procedure)
    return described ? [[name, described] as const] : []
  })
  // The generator reads nothing but this record, though its type asks for a whole router.
  const described = {
    _def: { procedures: Object.fromEntries(procedures) },
  } as unknown as OpenApiRouter
  const description = generateOpenApiDocument(described, {
    title: 'Throughline',
    description:
      'Conversations with an AI that never break. Answers stream over WebSocket (`/trpc`, or the plain ' +
      '`/ws/session/{id}`) and as server-sent events; everything else is here.',
    version,
    baseUrl: REST_PREFIX,
    openApiVersion: '3.1.0',
  })
  return describeResponses(description)
}

/**
 * The procedure as the generator wants it: with a route, one object for its input, a schema for its output, and no
 * parameter that cannot stand in an address.
 */
function describe(name: string, procedure: AnyTRPCProcedure): unknown {
  const route = restRoute(name, procedure)
  if (!route) return null
  const output: unknown = Reflect.get(procedure._def, 'output')
  const [feature = name] = name.split('.')
  const meta = procedure._def.meta
  const input = inputSchema(procedure)
  const openapi = { tags: [feature], ...route, ...ownOpenApi(meta) }
  return {
    _def: {
      type: procedure._def.type,
      meta: { openapi },
      inputs: [route.method === 'GET' || route.method === 'DELETE' ? asParameters(input) : input],
      output: output instanceof z.ZodType ? output : (outputs[name] ?? z.unknown()),
    },
  }
}

function ownOpenApi(meta: unknown): object {
  if (typeof meta !== 'object' || meta === null || !('openapi' in meta)) return {}
  return typeof meta.openapi === 'object' && meta.openapi !== null ? meta.openapi : {}
}
