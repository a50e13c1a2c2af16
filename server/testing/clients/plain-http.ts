export async function getText(url: string): Promise<string> {
  return (await fetch(url)).text()
}

export async function statusOf(url: string): Promise<number> {
  const response = await fetch(url)
  await response.body?.cancel()
  return response.status
}
