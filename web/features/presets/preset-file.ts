import type { Preset } from './use-presets.ts'
import { t } from '../../language/t.ts'

export type PresetInFile = Pick<
  Preset,
  'name' | 'instructions' | 'model' | 'toolsOff' | 'suggestions'
>

const KIND = 'throughline-preset'

/** A preset as a file for others: without its id, and whose it was. */
export function presetFile(preset: PresetInFile): { name: string; content: string } {
  const { name, instructions, model, toolsOff, suggestions } = preset
  const content = { kind: KIND, version: 1, name, instructions, model, toolsOff, suggestions }
  const fileName = name.replaceAll(/[^\p{L}\p{N}]+/gu, '-').toLowerCase() || 'assistant'
  return { name: `${fileName}.assistant.json`, content: JSON.stringify(content, null, 2) }
}

/** @throws Error with a message for the user */
export function presetFrom(text: string): PresetInFile {
  const value = parsed(text)
  if (typeof value !== 'object' || value === null || !('kind' in value) || value.kind !== KIND) {
    throw new Error(t('This is not the file of an assistant.'))
  }
  const given: Record<string, unknown> = { ...value }
  const { name } = given
  if (typeof name !== 'string' || name.trim() === '') {
    throw new Error(t('The assistant in this file has no name.'))
  }
  return {
    name: name.trim().slice(0, 100),
    instructions: textOrNull(given['instructions']),
    model: textOrNull(given['model']),
    toolsOff: texts(given['toolsOff']),
    suggestions: texts(given['suggestions']).slice(0, 8),
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(t('This is not the file of an assistant.'))
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null
}

function texts(value: unknown): string[] {
  return Array.isArray(value)
    ? value.filter((one) => typeof one === 'string' && one.trim() !== '')
    : []
}
