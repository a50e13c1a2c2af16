import { z } from 'zod'
import { File } from '../file.ts'
import { FileId, PresetId, ProjectId } from '../ids.ts'
import { Timestamp } from '../session.ts'
import { noNul } from '../storable.ts'
import { group, mutation, query } from './declare.ts'

const Name = z.string().trim().min(1).max(100).check(noNul)
const Instructions = z.string().max(50_000).check(noNul)

/** Names of tools that the model does not get. */
export const ToolsOff = z.array(z.string().min(1).max(200).check(noNul)).max(500)

/** A preset: settings and suggestions with which a session can begin. */
export const Preset = z.object({
  id: PresetId,
  name: z.string(),
  instructions: z.string().nullable(),
  model: z.string().nullable(),
  toolsOff: z.array(z.string()),
  /** Suggested first messages. */
  suggestions: z.array(z.string()),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Preset = z.infer<typeof Preset>

/** The fields of a preset that a person sets; an exported file has the same. */
export const PresetContent = z.object({
  name: Name,
  instructions: Instructions.nullish(),
  model: z.string().trim().min(1).max(200).check(noNul).nullish(),
  toolsOff: ToolsOff.default([]),
  suggestions: z.array(z.string().trim().min(1).max(500).check(noNul)).max(8).default([]),
})
export type PresetContent = z.infer<typeof PresetContent>

export const presets = group('presets', {
  list: query({
    rest: 'GET /preset',
    summary: 'List the presets',
    output: z.array(Preset),
  }),

  /** Makes a preset, or replaces the one with this id. */
  save: mutation({
    rest: 'PUT /preset/{id}',
    summary: 'Make or change a preset',
    input: PresetContent.extend({ id: PresetId }),
    output: Preset,
    repeat: true,
  }),

  delete: mutation({
    rest: 'DELETE /preset/{id}',
    summary: 'Delete a preset',
    input: z.object({ id: PresetId }),
    output: z.object({ id: PresetId }),
  }),
})

/** A folder of sessions, with instructions and files for all of them. */
export const Project = z.object({
  id: ProjectId,
  name: z.string(),
  instructions: z.string().nullable(),
  files: z.array(File),
  archived: z.boolean(),
  createdAt: Timestamp,
  updatedAt: Timestamp,
})
export type Project = z.infer<typeof Project>

export const projects = group('projects', {
  list: query({
    rest: 'GET /project',
    summary: 'List the projects',
    output: z.array(Project),
  }),

  /** Makes a project, or replaces the one with this id. */
  save: mutation({
    rest: 'PUT /project/{id}',
    summary: 'Make or change a project',
    input: z.object({
      id: ProjectId,
      name: Name,
      instructions: Instructions.nullish(),
      files: z
        .array(FileId)
        .max(50)
        .refine((ids) => new Set(ids).size === ids.length, 'A file is in a project once.')
        .default([]),
      archived: z.boolean().default(false),
    }),
    output: Project,
    repeat: true,
  }),

  /** The project's sessions stay, without a project. */
  delete: mutation({
    rest: 'DELETE /project/{id}',
    summary: 'Delete a project, but not its sessions',
    input: z.object({ id: ProjectId }),
    output: z.object({ id: ProjectId }),
  }),
})

export const push = group('push', {
  /** The server's public key, which a browser needs to subscribe: 65 bytes as base64url. */
  key: query({
    rest: 'GET /push/key',
    summary: 'Read the key for Web Push',
    output: z.object({ publicKey: z.string() }),
  }),

  /** The device gets notifications of ended answers and waiting approvals, until the login of this request ends. */
  subscribe: mutation({
    rest: 'POST /push/subscription',
    summary: 'Let a device be told by Web Push',
    input: z.object({
      endpoint: z.url().max(2_000),
      keys: z.object({
        /** An uncompressed point of P-256, 65 bytes of which the first is 4, as base64url. */
        p256dh: z.string().regex(/^B[A-P][\w-]{85}=?$/),
        /** 16 bytes. */
        auth: z.string().regex(/^[\w-]{22}={0,2}$/),
      }),
    }),
    output: z.object({ endpoint: z.string() }),
    repeat: true,
    by: 'person',
  }),

  unsubscribe: mutation({
    rest: 'DELETE /push/subscription',
    summary: 'End what a device is told',
    input: z.object({ endpoint: z.string().max(2_000) }),
    output: z.object({ endpoint: z.string() }),
    repeat: true,
  }),
})
