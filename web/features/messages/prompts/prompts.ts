import type { McpPrompt } from '../../../../shared/contract/api/mcp.ts'
import { t } from '../../../language/t.ts'

/**
 * A text that is put into the message box by `/name`.
 *
 * `of` is an MCP server's prompt, which gives the text when its gaps are filled in.
 */
export type Prompt = { name: string; text: string; of?: McpPrompt }

const BUILT_IN: readonly Prompt[] = [
  {
    name: 'summarise',
    get text() {
      return t(
        'Summarise our conversation so far: what was asked, what was found, and what is still open.',
      )
    },
  },
  {
    name: 'simpler',
    get text() {
      return t('Explain that again in simpler words, with an example.')
    },
  },
  {
    name: 'shorter',
    get text() {
      return t('Say your last answer again in at most three sentences.')
    },
  },
  {
    name: 'table',
    get text() {
      return t('Put your last answer into a table.')
    },
  },
  {
    name: 'check',
    get text() {
      return t('Check your last answer for mistakes, and tell me what you would change.')
    },
  },
  {
    name: 'translate',
    get text() {
      return t('Translate your last answer into ')
    },
  },
]

/** Letters, digits and hyphens, as they are typed after the slash. */
export function promptName(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 40)
}

/**
 * The person's own prompts, then the built-in ones that they do not replace; those whose name begins with the typed
 * text first.
 */
export function promptsFor(
  typed: string,
  mine: readonly Prompt[],
  ofServers: readonly McpPrompt[] = [],
): Prompt[] {
  const names = new Set(mine.map(({ name }) => name))
  const all = [
    ...mine,
    ...BUILT_IN.filter(({ name }) => !names.has(name)),
    ...ofServers.map((of): Prompt => ({
      name: promptName(`${of.server} ${of.name}`),
      text:
        of.description ?? of.title ?? t('A prompt of the server {server}', { server: of.server }),
      of,
    })),
  ]
  const word = typed.toLowerCase()
  const begins = all.filter(({ name }) => name.startsWith(word))
  return [
    ...begins,
    ...all.filter((prompt) => !begins.includes(prompt) && prompt.name.includes(word)),
  ]
}
