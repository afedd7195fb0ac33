import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { EXIT } from '../../src/cli/exit.ts'
import { cordon } from './harness.ts'

function complete(script: string, words: readonly string[]): string[] {
  const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`
  const { stdout, stderr } = spawnSync(
    'bash',
    ['--norc', '-c', `${script}\n${set}\n_cordon\nprintf '%s\\n' "\${COMPREPLY[@]}"`],
    {
      encoding: 'utf8',
    },
  )
  assert.equal(stderr, '')
  return stdout.trim().split('\n')
}

test('bash completes commands, their commands, and options', async () => {
  const { exit, stdout } = await cordon(['completion', 'bash'])
  assert.equal(exit, EXIT.ok)
  assert.deepEqual(complete(stdout, ['cordon', 'blo']).sort(), ['block', 'blocks'])
  assert.deepEqual(complete(stdout, ['cordon', 'devices', '']).sort(), ['check', 'free', 'hold', 'resync'])
  assert.deepEqual(complete(stdout, ['cordon', 'block', '192.0.2.7', '--until']), ['--until'])
  assert.deepEqual(complete(stdout, ['cordon', 'block', '--fi']), ['--file'])
  assert.deepEqual(complete(stdout, ['cordon', 'devices', 'hold', 'edge-1', '--re']), ['--reason'])
  assert.deepEqual(complete(stdout, ['cordon', 'requests', 'd']), ['deny'])
  assert.deepEqual(complete(stdout, ['cordon', 'outbox', '']).sort(), ['again', 'drop', 'list', 'show'])
  assert.deepEqual(complete(stdout, ['cordon', 'outbox', 'list', '--d']), ['--dead'])
  assert.deepEqual(complete(stdout, ['cordon', 'requests', 'close', '1', '--re']), ['--received'])
  assert.deepEqual(complete(stdout, ['cordon', 'provision', '']), ['bgp', 'device'])
  assert.deepEqual(complete(stdout, ['cordon', 'provision', 'bgp', '--pl']), ['--platform'])
  assert.deepEqual(complete(stdout, ['cordon', 'completion', '']).sort(), ['bash', 'fish', 'zsh'])
  assert.ok(complete(stdout, ['cordon', 'show', '--']).includes('--output'))
})

test('zsh and fish have their scripts, another shell has none', async () => {
  assert.match((await cordon(['completion', 'zsh'])).stdout, /bashcompinit/)
  const fish = (await cordon(['completion', 'fish'])).stdout
  assert.match(fish, /complete -c cordon -n '__cordon_at "devices"' -a 'hold'/)
  assert.equal((await cordon(['completion', 'tcsh'])).exit, EXIT.failure)
})
