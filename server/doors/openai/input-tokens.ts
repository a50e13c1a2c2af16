import { z } from 'zod'
import { readActiveLeaf } from '../../../db/queries/sessions/sessions.ts'
import { sessions } from '../../../shared/contract/api/sessions.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { MessageId, SessionId } from '../../../shared/contract/ids.ts'
import { FileRefusal } from '../files/refusal.ts'
import type { GivenFile } from '../files/given-file.ts'
import type { Said } from '../files/said.ts'
import type { DoorRequest } from '../request.ts'
import type { Services } from '../../services.ts'
import { askedFields, readBehind } from './asked.ts'
import { readOutputFormat } from './output-format.ts'
import { readParameters } from './parameters.ts'
import { readCountedInput } from './posted/response-input.ts'
import { readFunctionTools } from './tools.ts'

export const CountTokens = z.looseObject(askedFields).nullish()
type CountTokens = NonNullable<z.infer<typeof CountTokens>>

type SaidAgain = Parameters<Services['countPrompt']>[0]['said'][number]

/**
 * Counts the tokens with which a response to this body would begin. It stores and fetches nothing, and calls no model.
 */
export async function countInputTokens(door: DoorRequest, given: CountTokens): Promise<number> {
  const { services, userId } = door
  const { instructions: system, said, strays } = readCountedInput(given.input)
  const instructions = [given.instructions ?? [], system].flat().join('\n\n')
  const clientTools = readFunctionTools(given.tools ?? [])
  const names = clientTools.map(({ name }) => name)
  const { behind, ownModel } = await placeOf(door, given)
  const model = given.model && given.model !== 'default' ? given.model : null
  const told: SaidAgain[] = []
  for (const one of said) {
    for (const message of await tell(door, one)) told.push(message)
  }
  return services.countPrompt({
    ...{ userId, behind, clientTools },
    model: model ?? ownModel ?? services.defaultModel,
    said: [
      ...strays.map(({ id, output }) => ({
        ...{ role: 'tool' as const, callId: id, output: JSON.stringify(output), failed: false },
      })),
      ...told,
    ],
    instructions: instructions === '' ? null : instructions,
    withoutTools: readParameters(given, names)?.toolChoice === 'none',
    output: readOutputFormat(given.text?.format, 'text.format'),
  })
}

type Place = { behind: { sessionId: SessionId; leaf: MessageId } | null; ownModel: string | null }

async function placeOf(door: DoorRequest, given: CountTokens): Promise<Place> {
  const { call, services } = door
  const { run, sessionId: id } = await readBehind(door, given)
  if (!id) return { behind: null, ownModel: null }
  const session = await call(sessions.get, { id })
  const isWritten = run && run.status !== 'queued'
  const leaf = isWritten ? run.messageId : await readActiveLeaf(services.database.db, id)
  return { behind: leaf && { sessionId: id, leaf }, ownModel: session.model }
}

async function tell(
  { services, userId }: DoorRequest,
  { role, text, files, calls = [] }: Said<GivenFile>,
): Promise<SaidAgain[]> {
  if (role === 'assistant') {
    const made = calls.map(({ id, name, arguments: args }) => ({ id, name, arguments: args }))
    const results = calls.map(({ id, result }) => ({
      ...{ role: 'tool' as const, callId: id, failed: false },
      output: result && 'output' in result ? JSON.stringify(result.output) : (result?.error ?? ''),
    }))
    return [{ role, text, calls: made, providerState: null }, ...results]
  }
  const stored: File[] = []
  let words = text
  let pictures = 0
  for (const file of files) {
    const found = file.type === 'stored' && (await services.files.find(userId, file.id))
    if (found) stored.push(found.file)
    else if (isPicture(file)) pictures += 1
    else if (isText(file)) words += `\n${file.bytes.toString()}`
    else throw uncounted(file)
  }
  return [{ role, text: words, files: stored, pictures }]
}

/** Pictures are counted without being read. */
function isPicture({ type, ...file }: GivenFile): boolean {
  if (type === 'stored') return false
  return 'mimeType' in file ? file.mimeType?.startsWith('image/') === true : file.name === null
}

function isText(file: GivenFile): file is Extract<GivenFile, { type: 'bytes' }> {
  return file.type === 'bytes' && /^text\/|json/.test(file.mimeType ?? '')
}

function uncounted({ place }: GivenFile): FileRefusal {
  const message = 'Of files only pictures, texts, and what is stored here can be counted.'
  return new FileRefusal('unsupported_content', message, place)
}
