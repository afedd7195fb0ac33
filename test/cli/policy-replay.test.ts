import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stringify } from 'yaml'
import { takeTriggers } from '../../src/app/take-triggers.ts'
import { authenticate } from '../../src/app/tokens.ts'
import { EXIT } from '../../src/cli/exit.ts'
import { readPolicies } from '../../src/config/read-policies.ts'
import type { TriggerInput } from '../../src/domain/trigger.ts'
import { makeApp } from '../helpers/app.ts'
import { cordon } from './harness.ts'

const TRIGGER = { target: '192.0.2.80', role: 'victim', category: 'dos.volumetric' }
const POLICY = {
  ...{ policy: 'floods', about: 'a test', priority: 10, mode: 'enforce' },
  rules: [
    { rule: 'asks', when: "'ask' in trigger.labels", verdict: 'ask', why: 'look', block: { lasts: '1h' } },
    { rule: 'victim', verdict: 'block', why: 'a flood', block: { lasts: '10m' } },
  ],
  examples: [{ example: 'one', trigger: TRIGGER, expect: { verdict: 'block' } }],
}
const CONFIG = {
  placements: 'placement.yaml',
  ledger: { folder: 'ledger' },
  site: { own: ['192.0.2.0/24', '10.10.0.0/16', '2001:db8::/32'] },
  devices: [{ name: 'edge-1', kind: 'memory' }],
}
const PLACEMENT = { placements: [{ name: 'all', when: {}, use: [{ device: 'edge-1', as: 'acl' }] }] }

let folder = ''
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-replay-'))
  for (const name of ['ledger', 'was', 'longer', 'broken', 'empty']) await mkdir(join(folder, name))
  const write = (name: string, value: unknown) => writeFile(join(folder, name), stringify(value))
  await write('cordon.yaml', CONFIG)
  await write('placement.yaml', PLACEMENT)
  await write('was/floods.yaml', POLICY)
  const [asks, victim] = POLICY.rules
  await write('longer/floods.yaml', { ...POLICY, rules: [asks, { ...victim, block: { lasts: '1h' } }] })
  await write('broken/floods.yaml', { ...POLICY, rules: [{ ...victim, whn: 'true' }] })
  await record()
})
after(() => rm(folder, { recursive: true, force: true }))

/** A controller takes three floods, of which one is asked about, and ends. */
async function record(): Promise<void> {
  const policies = (await readPolicies(join(folder, 'was'))).map(({ policy }) => policy)
  const app = await makeApp({ folder: join(folder, 'ledger'), policies })
  try {
    const machine = authenticate(app, await app.token(['triggers:write'], 'automatic'))
    const flood = (last: number, more: Partial<TriggerInput> = {}): TriggerInput => ({
      ...{ id: `flood-${last}`, revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric' },
      ...{ target: `192.0.2.${last}`, detectedAt: new Date().toISOString() },
      ...more,
    })
    const taken = await takeTriggers(app, machine, 'cordon', [
      ...[flood(80), flood(81)],
      flood(82, { labels: { ask: '' } }),
    ])
    assert.deepEqual(
      taken.map((one) => one.ok && one.deed),
      ['began', 'began', 'proposed'],
    )
  } finally {
    await app.stop()
  }
}

/** Everything in the folder of the ledger, by name. */
async function bytesOf(): Promise<readonly (readonly [string, string])[]> {
  const names = (await readdir(join(folder, 'ledger'))).sort()
  const read = (name: string) => readFile(join(folder, 'ledger', name), 'utf8').catch(() => '')
  return Promise.all(names.map(async (name) => [name, await read(name)] as const))
}

const replay = (...words: string[]) => cordon(['policy', 'replay', ...words], { cwd: folder })

interface Answer {
  readonly triggers: { readonly replayed: number; readonly differently: number }
  readonly blocks: Readonly<Record<string, number>>
  readonly changes: readonly { readonly kind: string; readonly target: string; readonly byMs: number }[]
  readonly unhit: readonly unknown[]
}

test('the same policies would have done the same, and nothing is written', async () => {
  const bytes = await bytesOf()
  const { exit, stdout, stderr } = await replay('--from', '1h', '--with', 'was', '-o', 'json')
  assert.equal(exit, EXIT.ok, stderr)
  const answer = JSON.parse(stdout) as Answer
  assert.deepEqual([answer.triggers.replayed, answer.triggers.differently], [3, 0])
  assert.deepEqual([answer.changes, answer.unhit, answer.blocks['same']], [[], [], 3])
  assert.deepEqual(await bytesOf(), bytes)
})

test('what would last longer stands in the table, and the ledger may end in a line that was cut', async () => {
  const cut = join(folder, 'cut')
  await mkdir(join(cut, 'ledger'), { recursive: true })
  for (const [name, text] of await bytesOf()) {
    const whole = text.replace(/\0+$/, '')
    await writeFile(join(cut, 'ledger', name), name === '00000001.jsonl' ? `${whole}{"seq":99` : text)
  }
  await writeFile(join(cut, 'cordon.yaml'), stringify({ ...CONFIG, placements: '../placement.yaml' }))
  const words = ['--from', '1h', '--with', 'longer', '--config', 'cut/cordon.yaml']
  const { exit, stdout, stderr } = await replay(...words)
  assert.equal(exit, EXIT.ok, stderr)
  assert.match(stdout, /Cordon#1 +longer by 50m +192\.0\.2\.80\/32 +10m +1h +floods\/victim/)
  assert.match(stdout, /blocks +3 → 3: 1 same, 0 added, 0 missing, 0 changed, 2 longer, 0 shorter/)
  assert.match(stdout, /by +inventory, placements and limits of now \(.*cordon\.yaml\)/)
  const first = await replay(...words, '--limit', '1')
  assert.match(first.stdout, /1 differences are not listed; say --limit 2/)
  assert.doesNotMatch(first.stdout, /192\.0\.2\.81/)
})

test('what is wrong is told with its place', async () => {
  const broken = await replay('--from', '1h', '--with', 'broken')
  assert.equal(broken.exit, EXIT.failure)
  assert.match(broken.stdout, /broken\/floods\.yaml:\d+:\d+: rules\.0\.whn: unknown field/)
  for (const [words, expected] of [
    [['--from', '1h', '--with', 'empty'], /no policy is in it/],
    [['--from', '1h', '--with', 'none'], /none:1:1: .*cannot be read/],
    [['--from', '1h', '--with', 'was', '--config', 'none.yaml'], /none\.yaml.*cannot be read/],
    [['--from', 'soon', '--with', 'was'], /--from: 'soon' is no time/],
    [['--from', '1h', '--to', '2h', '--with', 'was'], /--from .* has to be before --to/],
    [['--from', '1h'], /--with/],
    [['--with', 'was'], /--from/],
  ] as const) {
    const { exit, stdout, stderr } = await replay(...words)
    assert.equal(exit, EXIT.failure, words.join(' '))
    assert.match(stdout + stderr, expected)
  }
})

test('a span without a trigger is said to be one', async () => {
  const { exit, stderr } = await replay('--from', '2d', '--to', '1d', '--with', 'was')
  assert.equal(exit, EXIT.ok)
  assert.match(stderr, /no trigger was taken in this span/)
})
