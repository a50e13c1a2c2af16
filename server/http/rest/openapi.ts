import type { AnyTRPCRouter } from '@trpc/server'
import { generateOpenApiDocument } from 'trpc-to-openapi'
import type { OpenApiRouter } from 'trpc-to-openapi'
import { z } from 'zod'
import type { RequestDeclaration } from '../../../shared/contract/api/declare.ts'
import { ToolInfo } from '../../../shared/contract/api/tools.ts'
import { RunError } from '../../../shared/contract/errors.ts'
import { Message, Usage } from '../../../shared/contract/message.ts'
import { Session } from '../../../shared/contract/session.ts'
import { ToolCall } from '../../../shared/contract/tool.ts'
import { User } from '../../../shared/contract/user.ts'
import { describeResponses } from './openapi-responses.ts'
import { asParameters } from './rest-parameters.ts'
import { inputSchema, requestsOf, REST_PREFIX, routeOf } from './procedures.ts'

// A named schema is written once in the description; the others refer to it.
const named = { Message, RunError, Session, ToolCall, ToolInfo, Usage, User }
for (const [id, schema] of Object.entries(named)) {
  z.globalRegistry.add(schema, { id })
}

/**
 * The OpenAPI 3.1 document of every query and mutation of the router.
 * @param basePath the path that everything is below; empty at the root
 */
export function describeRest(router: AnyTRPCRouter, version: string, basePath: string): unknown {
  const declarations = requestsOf(router)
  const procedures = declarations.map((declaration) => [declaration.name, describe(declaration)])
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
    baseUrl: basePath + REST_PREFIX,
    openApiVersion: '3.1.0',
  })
  const downloads = declarations.filter(({ file }) => file === 'download')
  return describeResponses(
    description,
    downloads.map(({ name }) => name.replaceAll('.', '-')),
  )
}

/** The procedure as the generator wants it: one object for its input, and no parameter that no address can have. */
function describe(declaration: RequestDeclaration): unknown {
  const { name, kind, summary, output, described } = declaration
  const { method, path } = routeOf(declaration)
  const [feature = name] = name.split('.')
  const input = inputSchema(declaration)
  return {
    _def: {
      type: kind,
      meta: { openapi: { tags: [feature], method, path, summary } },
      inputs: [method === 'GET' || method === 'DELETE' ? asParameters(input, path) : input],
      output: output ?? described ?? z.unknown(),
    },
  }
}
