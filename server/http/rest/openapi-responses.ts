import type { generateOpenApiDocument } from 'trpc-to-openapi'

type Description = ReturnType<typeof generateOpenApiDocument>

/** As `toHttpError` makes it. */
const ERROR = {
  type: 'object' as const,
  description: 'Why it was refused: in words for a person, and as a code for a program',
  properties: {
    message: { type: 'string' as const },
    code: { type: 'string' as const, examples: ['BAD_REQUEST', 'NOT_FOUND', 'CONFLICT'] },
    issues: {
      type: 'array' as const,
      description: 'What is wrong with the input, by the names of its fields',
      items: {
        type: 'object' as const,
        properties: { path: { type: 'string' as const }, message: { type: 'string' as const } },
        required: ['path', 'message'],
      },
    },
  },
  required: ['message', 'code'],
}

const ALWAYS = {
  403: 'The Host or the Origin of the request is a foreign one',
  500: 'Something went wrong on the server',
  503: 'The database is away, or the server is closing',
}
const WITH_INPUT = {
  400: 'The input cannot be used',
  404: 'There is nothing with this id, or it is somebody else’s',
}
const WITH_BODY = {
  409: 'It does not go together with the present state, or the id is taken',
  413: 'The body is too large',
  415: 'The body is no JSON',
}

/**
 * Describes the refusals of requests, and downloads. The generator knows neither our status codes nor their bodies.
 *
 * @param downloads the ids of the operations that answer a file
 */
export function describeResponses(
  description: Description,
  downloads: readonly string[],
): Description {
  description.components ??= {}
  const schemas = (description.components.schemas ??= {})
  for (const name of Object.keys(schemas)) {
    if (name.startsWith('error.')) delete schemas[name]
  }
  schemas.Error = ERROR
  for (const path of Object.values(description.paths ?? {})) {
    for (const method of ['get', 'post', 'patch', 'put', 'delete'] as const) {
      const operation = path[method]
      if (!operation) continue
      const hasInput = operation.requestBody !== undefined || operation.parameters !== undefined
      const refusals = {
        ...ALWAYS,
        ...(hasInput && WITH_INPUT),
        ...(method !== 'get' && method !== 'delete' && WITH_BODY),
      }
      const success: unknown =
        operation.operationId && downloads.includes(operation.operationId)
          ? DOWNLOAD
          : operation.responses?.['200']
      operation.responses = Object.assign(
        { 200: success },
        ...Object.entries(refusals).map(([status, words]) => ({ [status]: refusal(words) })),
      )
    }
  }
  return description
}

const DOWNLOAD = {
  description: 'A file to keep',
  content: { 'application/json': { schema: {} }, 'text/markdown': { schema: { type: 'string' } } },
}

function refusal(description: string) {
  const schema = { $ref: '#/components/schemas/Error' }
  return { description, content: { 'application/json': { schema } } }
}
