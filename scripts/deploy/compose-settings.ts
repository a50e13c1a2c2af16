import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'

/** The project's folder. */
export const root = join(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const Compose = z.looseObject({
  services: z.record(
    z.string(),
    z.looseObject({ environment: z.record(z.string(), z.string()).default({}) }),
  ),
})

/** The parts of compose.yaml, and of the image that it builds, that are started. */
export type ComposeSet = {
  /** The settings of each node by the name of its service: those of the image, overridden by those of compose.yaml. */
  nodes: Record<string, Record<string, string>>
  /** The variables of the Caddyfile. */
  proxy: Record<string, string>
  /** The command of a node, run in the project's folder. */
  command: string[]
  /** The port of a node in its container. */
  port: string
}

/** @param site the host's name, the setting SITE of compose.yaml */
export function composeSet(site: string): ComposeSet {
  const { services } = Compose.parse(parse(read('compose.yaml'), { merge: true }))
  const settingsOf = (service: string): Record<string, string> =>
    Object.fromEntries(
      Object.entries(services[service]?.environment ?? {}).map(([name, value]) => [
        name,
        interpolate(value, { SITE: site }),
      ]),
    )
  const image = imageSettings(read('Dockerfile'))
  const nodes = Object.keys(services).filter((name) => name.startsWith('node-'))
  return {
    nodes: Object.fromEntries(
      nodes.map((name) => [name, { ...image.environment, ...settingsOf(name) }]),
    ),
    proxy: settingsOf('proxy'),
    command: image.command,
    port: image.port,
  }
}

/** Replaces `${NAME}` and `${NAME:-default}` as Compose does. */
function interpolate(text: string, given: Record<string, string>): string {
  return text.replaceAll(
    /\$\{(\w+)(?::-([^}]*))?\}/g,
    (_all, name: string, otherwise?: string) => given[name] ?? otherwise ?? '',
  )
}

/** The settings and the command in the last stage of a Dockerfile. */
function imageSettings(dockerfile: string) {
  const stage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ')).replaceAll(/\\\n\s*/g, '')
  const line = (keyword: string): string =>
    new RegExp(`^${keyword} (.*)$`, 'm').exec(stage)?.[1] ?? ''
  return {
    environment: Object.fromEntries(
      [...line('ENV').matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
    ),
    command: z.array(z.string()).parse(JSON.parse(line('CMD'))),
    port: line('EXPOSE'),
  }
}
