import { sql } from 'kysely'
import type { Project } from '../../../shared/contract/api/belongings.ts'
import type { FileId, ProjectId, UserId } from '../../../shared/contract/ids.ts'
import type { File } from '../../../shared/contract/file.ts'
import type { Db } from '../../engine/database.ts'
import { findFiles } from '../files/files.ts'

/** The most projects of a person. */
export const MAX_PROJECTS = 200

/** In the order of their names. */
export async function listProjects(db: Db, userId: UserId): Promise<Project[]> {
  const rows = await db
    .selectFrom('projects')
    .select([
      ...(['id', 'name', 'instructions', 'archived'] as const),
      'created_at as createdAt',
      'updated_at as updatedAt',
    ])
    .where('user_id', '=', userId)
    .orderBy('name')
    .orderBy('id')
    .execute()
  const files = await filesOf(
    db,
    userId,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({ ...row, files: files.get(row.id) ?? [] }))
}

async function filesOf(
  db: Db,
  userId: UserId,
  ids: readonly ProjectId[],
): Promise<Map<ProjectId, File[]>> {
  if (ids.length === 0) {
    return new Map()
  }
  const links = await db
    .selectFrom('project_files')
    .select(['project_id', 'file_id'])
    .where(sql<boolean>`project_id = any(${ids}::uuid[])`)
    .orderBy('place')
    .execute()
  const found = await findFiles(
    db,
    userId,
    links.map((link) => link.file_id),
  )
  const byId = new Map(found.map(({ file }) => [file.id, file]))
  const files = new Map<ProjectId, File[]>()
  for (const link of links) {
    const file = byId.get(link.file_id)
    if (file) {
      files.set(link.project_id, [...(files.get(link.project_id) ?? []), file])
    }
  }
  return files
}

/** The instructions and files of a person's project, for the model; null when there is none. */
export async function findProject(
  db: Db,
  userId: UserId,
  id: ProjectId,
): Promise<Pick<Project, 'name' | 'instructions' | 'files'> | null> {
  const row = await db
    .selectFrom('projects')
    .select(['name', 'instructions'])
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return row ? { ...row, files: (await filesOf(db, userId, [id])).get(id) ?? [] } : null
}

export type SavedProject = Pick<Project, 'id' | 'name' | 'instructions' | 'archived'> & {
  /** The caller has locked them and checked their owner. */
  files: readonly FileId[]
  now: string
}

/** Makes a project or changes it; false when the id is somebody else's. */
export async function saveProject(
  transaction: Db,
  userId: UserId,
  { id, files, now, ...content }: SavedProject,
): Promise<boolean> {
  const changed = { ...content, updated_at: now }
  const { numInsertedOrUpdatedRows } = await transaction
    .insertInto('projects')
    .values({ id, user_id: userId, created_at: now, ...changed })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(changed).where('projects.user_id', '=', userId),
    )
    .executeTakeFirst()
  if (Number(numInsertedOrUpdatedRows) === 0) {
    return false
  }
  await transaction.deleteFrom('project_files').where('project_id', '=', id).execute()
  if (files.length > 0) {
    await transaction
      .insertInto('project_files')
      .values(files.map((file, place) => ({ project_id: id, file_id: file, place })))
      .execute()
  }
  return true
}

export async function deleteProject(db: Db, userId: UserId, id: ProjectId): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('projects')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return Number(numDeletedRows) > 0
}
