import { useQuery } from '@tanstack/react-query'
import { basePath } from '../base-path.ts'

/** The kind of model that the server's health endpoint reports; undefined until it is known. */
export function useModelKind(): string | undefined {
  const { data } = useQuery({ queryKey: ['health'], queryFn: readHealth })
  return data
}

async function readHealth({ signal }: { signal: AbortSignal }): Promise<string> {
  const response = await fetch(`${basePath}/health`, { signal })
  const health: unknown = await response.json()
  if (
    typeof health === 'object' &&
    health !== null &&
    'model' in health &&
    typeof health.model === 'string'
  ) {
    return health.model
  }
  throw new Error(`The health page answered ${response.status} without a model`)
}
