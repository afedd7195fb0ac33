import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from './eventually.ts'
import { type PipedExabgp, startPipedExabgp } from './piped-exabgp.ts'

const NEIGHBOUR = {
  address: '127.0.0.2',
  port: 1790,
  localAddress: '127.0.0.1',
  localAs: 65010,
  peerAs: 65020,
  flow: true,
}

/** In place of ExaBGP, a shell runs with the pipe as its input. */
async function withPiped(
  script: string,
  run: (speaker: PipedExabgp, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cordon-piped-'))
  const speaker = startPipedExabgp({
    folder,
    name: 'hand',
    neighbours: [NEIGHBOUR],
    spawn: () => spawn('/bin/sh', ['-c', script, 'sh', folder], { stdio: 'ignore' }),
  })
  try {
    await run(speaker, folder)
  } finally {
    await speaker.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('an ExaBGP with a pipe', () => {
  it('gets whole what is many times as long as a pipe holds', () =>
    withPiped('exec cat "$1/hand.pipe" > "$1/taken"', async (speaker, folder) => {
      const lines = 'announce route 10.0.0.1/32\n'.repeat(20_000)
      await speaker.feed(lines, 30_000)
      speaker.tell('the end')
      const taken = await eventually('everything to be taken', 10_000, () => {
        const text = readFileSync(join(folder, 'taken'), 'utf8')
        return text.endsWith('the end\n') && text
      })
      assert.equal(taken, `${lines}the end\n`)
      assert.match(readFileSync(join(folder, 'hand.exabgp'), 'utf8'), /connect 1790;.*\n.*ipv6 flow;/)
    }))

  it('is not waited for longer than told when it takes nothing', () =>
    withPiped('exec sleep 60', async (speaker) => {
      await assert.rejects(speaker.feed('x'.repeat(1_000_000), 50), /did not take \d+ bytes in time/)
    }))
})
