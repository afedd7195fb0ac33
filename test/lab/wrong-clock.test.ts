import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually } from '../../simulator/eventually.ts'
import { writeMemorySite } from '../../simulator/site.ts'
import { type BlockJson, Controller, PROGRAM } from '../helpers/controller.ts'
import { freePort } from '../helpers/daemon.ts'
import { noWrongClock, WrongClock } from '../helpers/wrong-clock.ts'

const SECONDS = 2
const AHEAD = 1_200
const BEHIND = -1_200

describe('a controller whose wall clock is wrong', { skip: noWrongClock() }, () => {
  let folder: string
  let clock: WrongClock
  let controller: Controller

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'cordon-clock-'))
    clock = new WrongClock(folder)
    clock.set(AHEAD)
    const socket = join(folder, 'api.sock')
    const listen = { host: '127.0.0.1', port: await freePort('127.0.0.1'), socket }
    const placements = join(import.meta.dirname, '../../policies/placement.yaml')
    const config = writeMemorySite({ folder, placements, port: listen.port, over: { listen } })
    const [file = '', ...words] = PROGRAM
    const child = spawn(file, [...words, 'serve', '--config', config], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: clock.env,
    })
    controller = new Controller(child, { socket, accessFile: join(folder, 'access.json') })
    await controller.answers(60_000)
  })
  after(async () => {
    await controller?.end('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const alarms = async (): Promise<string[]> =>
    (await controller.client.ask<{ alarms: string[] }>('GET', '/readyz')).alarms
  const block = (duration: string): Promise<BlockJson> =>
    controller.client.block({ target: '203.0.113.10', direction: 'to', duration }, 10)
  const standing = async (id: number): Promise<string> => (await controller.client.show(id)).standing

  /** In seconds of the true time, from before it was asked for. */
  async function lifetime(meanwhile: () => void): Promise<number> {
    const asked = performance.now()
    const { id } = await block(`${SECONDS}s`)
    meanwhile()
    await eventually('the block to end', 30_000, async () => (await standing(id)) === 'ended', 20)
    return (performance.now() - asked) / 1_000
  }

  function lastedAsTold(seconds: number): void {
    assert.ok(seconds >= SECONDS && seconds < SECONDS + 10, `it lasted ${seconds} s`)
  }

  test('from the start on: blocks last as long as they were told to, by its own time', async () => {
    const hour = await block('1h')
    const until = Date.parse(hour.until ?? '') - Date.now()
    assert.ok(Math.abs(until / 1_000 - AHEAD - 3_600) < 60, `it ends in ${until} ms of the true time`)
    lastedAsTold(await lifetime(() => undefined))
    assert.deepEqual(await alarms(), [])
    assert.equal(await standing(hour.id), 'in-force')
    await controller.client.release(hour.id)
  })

  for (const [direction, stepped] of [
    ['back', BEHIND],
    ['forward', AHEAD + 7_200],
  ] as const) {
    test(`stepped ${direction} while it runs: blocks last as long as they were told to, and it raises an alarm`, async () => {
      clock.set(AHEAD)
      const hour = await block('1h')
      lastedAsTold(await lifetime(() => clock.set(stepped)))
      const [alarm = 'no alarm'] = await alarms()
      assert.match(alarm, new RegExp(`wall clock was stepped \\d+ s ${direction}`))
      assert.equal(await standing(hour.id), 'in-force')
      await controller.client.release(hour.id)
      clock.set(AHEAD)
      assert.deepEqual(await alarms(), [])
    })
  }
})
