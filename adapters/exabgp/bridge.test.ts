import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../test/helpers/bird.ts'

interface Scene {
  /** The helper; what it writes is not read unless the test does. */
  readonly helper: ChildProcessByStdio<Writable, Readable, null>
  readonly lines: string[]
  send(line: string): void
  connect(): Promise<Socket>
}

/** The helper alone, with this test in the places of ExaBGP and of the controller. */
async function withBridge(run: (scene: Scene) => Promise<void>): Promise<void> {
  const folder = mkdtempSync('/tmp/cordon-bridge-')
  const path = join(folder, 'ctl.sock')
  const program = fileURLToPath(new URL('./bridge.mjs', import.meta.url))
  const helper = spawn(process.execPath, [program, path, 'digest'], { stdio: ['pipe', 'pipe', 'inherit'] })
  helper.stdout.pause()
  const sockets: Socket[] = []
  const lines: string[] = []
  const attach = async (): Promise<Socket> => {
    for (;;) {
      const socket = connect(path)
      const joined = await new Promise<boolean>((resolve) => {
        socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      })
      if (!joined) continue
      sockets.push(socket)
      socket.on('error', () => undefined)
      let rest = ''
      socket.on('data', (chunk) => {
        const all = (rest + String(chunk)).split('\n')
        rest = all.pop() ?? ''
        lines.push(...all)
      })
      return socket
    }
  }
  try {
    const first = await attach()
    await run({ helper, lines, send: (line) => first.write(`${line}\n`), connect: attach })
  } finally {
    for (const socket of sockets) socket.destroy()
    helper.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
}

const ANNOUNCE = 'announce attributes next-hop 192.0.2.1 nlri'

describe('exabgp: the helper', () => {
  it('goes on reading while ExaBGP does not: neither may wait for the other', () =>
    withBridge(async ({ helper, lines, send }) => {
      const prefixes = Array.from({ length: 500 }, (_, i) => `10.1.${i >> 8}.${i & 255}/32`).join(' ')
      for (let id = 1; id <= 100; id += 1) send(`c ${id} local ${ANNOUNCE} ${prefixes}`)
      send('c refused local reset')
      await until(() => lines.includes('r refused refused'))
      // A pipe holds 64 KiB: these would block if the helper were stuck in its own writing.
      await new Promise<void>((resolve) =>
        helper.stdin.write(`${'{"type":"x"}\n'.repeat(40_000)}done\n`, () => resolve()),
      )
      await until(() => lines.includes('r 1 done'))
    }))

  it('passes on nothing but well-formed commands', () =>
    withBridge(async ({ helper, lines, send }) => {
      const bad = [
        '',
        'reset',
        'shutdown',
        'announce route 1.2.3.4/32 next-hop self',
        `${ANNOUNCE} é`,
        'announce attributes x',
        'announce flow route { match { destination 192.0.2.1/32; } }',
        'announce flow route { match { destination 192.0.2.1/32; } then { discard; } } reset',
        'announce flow route { match { destination 192.0.2.1/32; } then { discard; } { } }',
      ]
      for (const [index, command] of bad.entries()) send(`c ${index} local ${command}`)
      send('z 99 what')
      await until(() => lines.includes('r 99 refused'))
      assert.deepEqual(lines.slice(1), [...bad.map((_, index) => `r ${index} refused`), 'r 99 refused'])
      assert.equal(helper.stdout.read(), null)
    }))

  it('answers by id, also the controller after the one that asked', () =>
    withBridge(async ({ helper, lines, send, connect: attach }) => {
      send(`c 1 local ${ANNOUNCE} 203.0.113.1/32`)
      send(`c 2 - withdraw attributes next-hop 192.0.2.1 nlri 203.0.113.9/32`)
      await until(() => helper.stdout.readableLength > 0)
      const next = await attach()
      next.write('q 7\n')
      helper.stdin.write('done\ndone\n')
      await until(() => lines.includes('r 7 done'))
      assert.ok(lines.includes('s 7 held local next-hop 192.0.2.1\t203.0.113.1/32'))
      assert.ok(!lines.some((line) => line.startsWith('r 1')), 'not to the one that did not ask')
    }))

  it('keeps flow routes by their match, with the rule and what happens', () =>
    withBridge(async ({ helper, lines, send }) => {
      const flow = (id: number, tag: string, verb: string, then: string): void =>
        send(
          `c ${id} ${tag} ${verb} flow route { match { destination 192.0.2.1/32; port [ =53 ]; } then { ${then} } }`,
        )
      flow(1, 'flow4_one', 'announce', 'discard;')
      flow(2, 'flow4_one', 'announce', 'rate-limit 1000;')
      send('q 3')
      flow(4, '-', 'withdraw', 'discard;')
      send('q 5')
      await until(() => helper.stdout.readableLength > 200)
      helper.stdin.write('done\ndone\ndone\n')
      await until(() => lines.includes('r 5 done'))
      const held = lines.filter((line) => line.startsWith('s '))
      assert.deepEqual(held, [
        's 3 held flow4_one rate-limit 1000;\tflow:destination_192.0.2.1/32;_port_[_=53_];',
      ])
    }))

  it('knows after an error that nothing was changed', () =>
    withBridge(async ({ helper, lines, send }) => {
      send(`c 1 local ${ANNOUNCE} 203.0.113.1/32`)
      send(`c 2 upstream:x ${ANNOUNCE} 203.0.113.1/32`)
      send('q 3')
      await until(() => helper.stdout.readableLength > 100)
      helper.stdin.write('done\nerror\n')
      await until(() => lines.includes('r 3 done'))
      assert.ok(lines.includes('s 3 held local next-hop 192.0.2.1\t203.0.113.1/32'))
    }))

  it('ends with ExaBGP', () =>
    withBridge(async ({ helper }) => {
      helper.stdin.end()
      await until(() => helper.exitCode !== null)
    }))
})
