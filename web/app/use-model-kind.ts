import { useHealth } from '../health.ts'

/** The kind of model that the server's health endpoint reports; undefined until it is known. */
export function useModelKind(): string | undefined {
  return useHealth()?.model
}
