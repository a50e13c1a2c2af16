import type { Client, RequestOptions } from '@modelcontextprotocol/client'
import { z } from 'zod'
import { AsSent } from './as-sent.ts'

/**
 * A lenient schema: only the fields that are used are validated, one by one, so that one invalid tool does not cost the
 * others.
 */
const Page = AsSent.pipe(
  z.object({
    tools: z.array(z.unknown()).default([]),
    nextCursor: z.string().optional().catch(undefined),
  }),
)

/** The most pages that are read, in case a list never ends. */
const MAX_PAGES = 32

/** All tools of a server, as it lists them. */
export async function listTools(
  client: Pick<Client, 'request'>,
  options: RequestOptions,
): Promise<unknown[]> {
  const tools: unknown[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const params = cursor === undefined ? {} : { cursor }
    const found = await client.request({ method: 'tools/list', params }, Page, options)
    tools.push(...found.tools)
    cursor = found.nextCursor
    // Some servers send an empty cursor at the end of the list.
    if (!cursor) break
  }
  return tools
}
