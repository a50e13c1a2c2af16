import {
  MAX_PRESETS,
  deletePreset,
  listPresets,
  savePreset,
} from '../../../db/queries/belongings/presets.ts'
import { lockLimitsOf } from '../../../db/queries/limits/run-slots.ts'
import { presets } from '../../../shared/contract/api/belongings.ts'
import { CommandError, notFound } from '../../api-error.ts'
import { free } from '../command.ts'

export const keepPreset = free(
  presets.save,
  async (
    { database: { db }, limits, user, now },
    { id, name, instructions, model, toolsOff, suggestions },
  ) => {
    await limits?.admitFile(user, instructions?.length ?? 0)
    const kept = await db.transaction().execute(async (transaction) => {
      await lockLimitsOf(transaction, user.id)
      const before = await listPresets(transaction, user.id)
      if (before.length >= MAX_PRESETS && !before.some((preset) => preset.id === id)) {
        throw new CommandError('CONFLICT', `There are ${MAX_PRESETS} presets already. Delete one.`)
      }
      const content = { instructions: instructions ?? null, model: model ?? null }
      const saved = { ...{ id, name, toolsOff, suggestions, now: now() }, ...content }
      if (!(await savePreset(transaction, user.id, saved))) {
        throw new CommandError('CONFLICT', 'This preset id is taken. Save with a new id.')
      }
      return (await listPresets(transaction, user.id)).find((preset) => preset.id === id)
    })
    if (!kept) {
      throw notFound('preset')
    }
    return { result: kept, effects: [] }
  },
)

export const dropPreset = free(presets.delete, async ({ database: { db }, user }, { id }) => {
  if (!(await deletePreset(db, user.id, id))) {
    throw notFound('preset')
  }
  return { result: { id }, effects: [] }
})
