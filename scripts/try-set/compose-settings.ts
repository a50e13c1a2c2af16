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

/** What compose.yaml and the image that it builds start. */
export type ComposeSet = {
  /** A node's settings by the name of its service: those of the image, and over them those of compose.yaml. */
  nodes: Record<string, Record<string, string>>
  /** What the Caddyfile reads. */
  proxy: Record<string, string>
  /** What a node runs, in the project's folder. */
  command: string[]
  /** Where a node listens in its container. */
  port: string
}

/** @param site the host's name, as SITE says it to compose.yaml */
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

/** `${NAME}` and `${NAME:-default}`, as Compose reads them. */
function interpolate(text: string, given: Record<string, string>): string {
  return text.replaceAll(
    /\$\{(\w+)(?::-([^}]*))?\}/g,
    (_all, name: string, otherwise?: string) => given[name] ?? otherwise ?? '',
  )
}

/** What the last stage of a Dockerfile sets and starts. */
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
