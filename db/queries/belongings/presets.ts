import type { Preset } from '../../../shared/contract/api/belongings.ts'
import type { PresetId, UserId } from '../../../shared/contract/ids.ts'
import type { Db } from '../../engine/database.ts'

/** The most presets of a person. */
export const MAX_PRESETS = 200

/** In the order of their names. */
export async function listPresets(db: Db, userId: UserId): Promise<Preset[]> {
  const rows = await db
    .selectFrom('presets')
    .select([
      ...(['id', 'name', 'instructions', 'model', 'suggestions'] as const),
      'tools_off as toolsOff',
      'created_at as createdAt',
      'updated_at as updatedAt',
    ])
    .where('user_id', '=', userId)
    .orderBy('name')
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, toolsOff: row.toolsOff ?? [] }))
}

export type SavedPreset = Omit<Preset, 'createdAt' | 'updatedAt'> & { now: string }

/** Makes a preset or changes it; false when the id is somebody else's. */
export async function savePreset(db: Db, userId: UserId, preset: SavedPreset): Promise<boolean> {
  const { id, name, instructions, model, now } = preset
  const content = {
    ...{ name, instructions, model, updated_at: now },
    tools_off: JSON.stringify(preset.toolsOff),
    suggestions: JSON.stringify(preset.suggestions),
  }
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('presets')
    .values({ id, user_id: userId, created_at: now, ...content })
    .onConflict((conflict) =>
      conflict.column('id').doUpdateSet(content).where('presets.user_id', '=', userId),
    )
    .executeTakeFirst()
  return Number(numInsertedOrUpdatedRows) > 0
}

export async function deletePreset(db: Db, userId: UserId, id: PresetId): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('presets')
    .where('id', '=', id)
    .where('user_id', '=', userId)
    .executeTakeFirst()
  return Number(numDeletedRows) > 0
}
