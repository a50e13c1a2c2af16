import type { File } from '../../../shared/contract/file.ts'

/** The server's response. */
type Sent = { status: number; body: File & { code?: string; message?: string } }

/** Sends a file to `POST /api/files`, as the body or in a form. */
export async function postFile(
  url: string,
  body: Uint8Array<ArrayBuffer> | string | FormData,
  { name, id, ...headers }: Record<string, string> = {},
): Promise<Sent> {
  const response = await fetch(`${url}/api/files${id ? `?id=${id}` : ''}`, {
    method: 'POST',
    headers: { ...headers, ...(name !== undefined && { 'x-file-name': encodeURIComponent(name) }) },
    body,
  })
  return { status: response.status, body: (await response.json()) as Sent['body'] }
}
