import { z } from 'zod'
import type { Tool } from '../tools/tool.ts'
import type { McpServerConfig } from './config.ts'
import type { McpConnection } from './connection/connection.ts'
import { offeredName } from './names.ts'
import { MAX_OUTPUT_LENGTH, toOutput } from './calls/output.ts'

const Cursor = z.string().optional().catch(undefined)
const ListPage = z.object({ resources: z.array(z.unknown()).default([]), nextCursor: Cursor })
const TemplatePage = z.object({ resourceTemplates: z.array(z.unknown()).default([]) })
const Contents = z.object({ contents: z.array(z.unknown()).default([]) })

const About = {
  name: z.string().optional().catch(undefined),
  title: z.string().optional().catch(undefined),
  description: z.string().optional().catch(undefined),
  mimeType: z.string().optional().catch(undefined),
}
const Resource = z.object({ uri: z.string(), ...About })
const Template = z.object({ uriTemplate: z.string(), ...About })

const ListInput = z.object({ cursor: z.string().optional() })
const ReadInput = z.object({ uri: z.string() })

/** The tools by which a model finds and reads the resources of a server. */
export function resourceTools(
  { name: server, approval }: Pick<McpServerConfig, 'name' | 'approval'>,
  connection: Pick<McpConnection, 'read'>,
): Tool[] {
  const common = {
    source: `mcp:${server}` as const,
    effect: 'read' as const,
    approval,
    output: z.unknown(),
    maxOutputLength: MAX_OUTPUT_LENGTH,
  }
  return [
    {
      ...common,
      name: offeredName(server, 'list_resources'),
      description: `Lists the resources of the server "${server}", and the templates of their addresses.`,
      input: ListInput,
      schemas: {
        input: {
          type: 'object',
          properties: {
            cursor: { type: 'string', description: 'The nextCursor of the page before' },
          },
        },
      },
      execute: async (input, { attach, signal }) => {
        const { cursor } = ListInput.parse(input)
        const params = cursor === undefined ? {} : { cursor }
        const page = ListPage.parse(
          await connection.read({ method: 'resources/list', params }, signal),
        )
        // Not every server that has resources knows templates.
        const templates = await connection
          .read({ method: 'resources/templates/list', params: {} }, signal)
          .then((found) => TemplatePage.parse(found))
          .catch(() => ({ resourceTemplates: [] }))
        const structuredContent = {
          resources: known(Resource, page.resources),
          ...(cursor === undefined &&
            templates.resourceTemplates.length > 0 && {
              templates: known(Template, templates.resourceTemplates),
            }),
          ...(page.nextCursor && { nextCursor: page.nextCursor }),
        }
        signal.throwIfAborted()
        return toOutput({ content: [], structuredContent }, attach)
      },
    },
    {
      ...common,
      name: offeredName(server, 'read_resource'),
      description: `Reads a resource of the server "${server}" by its address.`,
      input: ReadInput,
      schemas: {
        input: {
          type: 'object',
          properties: {
            uri: { type: 'string', description: 'As list_resources says, or by a template' },
          },
          required: ['uri'],
        },
      },
      execute: async (input, { attach, signal }) => {
        const request = { method: 'resources/read', params: ReadInput.parse(input) }
        const { contents } = Contents.parse(await connection.read(request, signal))
        const content = contents.map((resource) => ({ type: 'resource', resource }))
        return toOutput({ content }, attach)
      },
    },
  ]
}

/** The valid entries of a list: one invalid entry does not lose the others. */
function known<Entry extends z.ZodType>(schema: Entry, listed: readonly unknown[]) {
  return listed.flatMap((one) => schema.safeParse(one).data ?? [])
}
