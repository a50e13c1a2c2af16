/** The model that was chosen after an assistant, for the session that begins with it. */
export type Own = { presetId: string; model: string | null }

/**
 * The model of the next session; null for the server's default.
 * @param chosen the model of new sessions without an assistant
 */
export function nextModel(
  preset: { id: string; model: string | null } | null,
  after: Own | null,
  chosen: string | null,
): string | null {
  if (preset !== null && after?.presetId === preset.id) return after.model
  return preset?.model ?? chosen
}
