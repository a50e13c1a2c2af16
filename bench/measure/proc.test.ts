import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { parentOf, processTreeCpu, residentMemory } from './proc.ts'

// Measured in CPU time: on a busy machine, 300 ms of wall time may contain little work.
const SPIN = `while (process.cpuUsage().user < 300_000); console.log('spun')`

test('the CPU of a child counts while it runs and after it ended', async () => {
  const before = await processTreeCpu(process.pid)
  const child = spawn(process.execPath, ['-e', `${SPIN}; setInterval(() => {}, 1000)`])
  const pid = child.pid ?? Number.NaN
  await once(child.stdout, 'data')
  expect(await parentOf(pid)).toBe(process.pid)
  const spun = await processTreeCpu(pid)
  expect(spun).toBeGreaterThan(250_000)
  const running = await processTreeCpu(process.pid)
  expect(running - before).toBeGreaterThan(spun * 0.9)
  child.kill()
  await once(child, 'exit')
  expect(await processTreeCpu(process.pid)).toBeGreaterThanOrEqual(running)
})

test('resident memory is bytes, and never above its highest', async () => {
  const { now, highest } = await residentMemory(process.pid)
  expect(now).toBeGreaterThan(10 * 2 ** 20)
  expect(highest).toBeGreaterThanOrEqual(now)
})

test('a process that is not there has no figures', async () => {
  await expect(processTreeCpu(2 ** 30)).rejects.toThrow('is not running')
})
