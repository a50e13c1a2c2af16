import type { File } from '../../shared/contract/file.ts'
import type { Unpacked } from './unzip.ts'

/** The conversations of an archive. */
export const JSON_NAME = 'conversations.json'

/** A file to which an export refers, in this project's form or ChatGPT's, and its entry in the archive. */
export type Referred = { id: string; name: string; entry: Unpacked }

/** The name of a file's entry in an archive. */
export function entryName({ id, name }: Pick<File, 'id' | 'name'>): string {
  return `files/${id}/${name}`
}

const OURS = /^files\/([0-9a-f-]{36})\/([^/]+)$/i
/** A reference in the JSON of a ChatGPT export; not within a text of it, where quotes are escaped. */
const POINTER = /(?<!\\)"asset_pointer"\s*:\s*"(?:file-service|sediment):\/\/([\w-]{1,200})"/g

/** An id of this project, anywhere. */
const ID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi

/** The files that are referred to and in the archive; other entries are ignored. */
export function referredFiles(json: string, entries: readonly Unpacked[]): Referred[] {
  // The ids are collected once, because an archive may have thousands of entries and a long JSON.
  const named = new Set(json.match(ID))
  const ours = entries.flatMap((entry) => {
    const [, id, name] = OURS.exec(entry.name) ?? []
    return id && name && named.has(id) ? [{ id, name, entry }] : []
  })
  const pointers = new Set([...json.matchAll(POINTER)].map(([, id = '']) => id))
  const byId = new Map<string, Unpacked>()
  for (const entry of entries) {
    const base = entry.name.slice(entry.name.lastIndexOf('/') + 1)
    // ChatGPT names files by their id, with or without their former name.
    const id = /^(file[-_][A-Za-z0-9]+)/.exec(base)?.[1]
    if (id !== undefined) byId.set(id, entry)
  }
  const chatGpt = [...pointers].flatMap((id) => {
    const entry = byId.get(id)
    const base = entry?.name.slice(entry.name.lastIndexOf('/') + 1) ?? ''
    const name = base.slice(id.length).replace(/^[-_]/, '')
    return entry
      ? [{ id, name: name.startsWith('.') ? `picture${name}` : name || base, entry }]
      : []
  })
  return [...ours, ...chatGpt]
}

/** The same JSON with the ids of the files as they are stored here. */
export function withStoredFiles(json: string, stored: ReadonlyMap<string, File>): string {
  const renamed = json.replaceAll(ID, (id) => stored.get(id)?.id ?? id)
  return renamed.replaceAll(POINTER, (pointer, id: string) => {
    const file = stored.get(id)
    return file ? `${pointer},"stored_file":${JSON.stringify(file)}` : pointer
  })
}
