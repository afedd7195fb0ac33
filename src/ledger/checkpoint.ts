import { hash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Low } from 'lowdb'
import { DataFile } from 'lowdb/node'
import type { Block } from '../domain/block.ts'
import { restoreBlock } from './fold-block.ts'
import { restoreRequests } from './fold-request.ts'
import { restoreTriggers } from './fold-trigger.ts'
import type { Position } from './reader.ts'
import { emptyState, type State } from './state.ts'

/** Blocks in one file, at the most: a file holds the numbers from a multiple of this on. */
const SHARD = 10_000

interface ShardEntry {
  readonly file: string
  readonly sha256: string
}

interface Manifest {
  readonly version: 5
  readonly position: Position
  readonly seq: number
  readonly at: number
  readonly nextBlock: number
  readonly nextTrigger: number
  readonly nextMessage: number
  readonly nextReceived: number
  readonly heard: number | null
  readonly frozen: State['frozen'] | null
  readonly inventory: State['inventory'] | null
  readonly ended: readonly number[]
  readonly rest: ShardEntry
  readonly shards: Readonly<Record<string, ShardEntry>>
}

/** The manifest as it stands in its file, with the digest of its JSON. */
interface Signed {
  readonly sha256: string
  readonly manifest: Manifest
}

/** Maps of the state that stand in one file together. */
const REST = [
  'tokens',
  'people',
  'logins',
  'holds',
  'memos',
  'answered',
  'lately',
  'emergencies',
  'breakers',
  'muted',
  'incidents',
  'offences',
  'policyBlocks',
  'requests',
  'probation',
  'pending',
  'told',
  'messages',
  'received',
  'held',
] as const

type Rest = Readonly<Record<(typeof REST)[number], [string, unknown][]>>

/** A state and the place in the ledger up to which it was folded. */
export interface Checkpoint {
  readonly state: State
  readonly position: Position
}

/**
 * Reads the checkpoint in a folder. It is a cache: whatever is wrong with it, the answer is `undefined` and the
 * ledger is read from its beginning.
 */
export async function readCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  try {
    const manifest = await readManifest(folder)
    if (manifest === undefined) return undefined
    const state = emptyState()
    const rest = await readShard<Rest>(folder, manifest.rest)
    for (const name of REST) {
      const map = state[name] as Map<string, unknown>
      for (const [key, value] of rest[name]) map.set(key, value)
    }
    for (const entry of Object.values(manifest.shards)) {
      for (const block of await readShard<readonly Block[]>(folder, entry)) restoreBlock(state, block)
    }
    state.ended.length = 0
    for (const id of manifest.ended) state.ended.push(id)
    Object.assign(state, {
      seq: manifest.seq,
      at: manifest.at,
      nextBlock: manifest.nextBlock,
      nextTrigger: manifest.nextTrigger,
      nextMessage: manifest.nextMessage,
      nextReceived: manifest.nextReceived,
      heard: manifest.heard ?? undefined,
      frozen: manifest.frozen ?? undefined,
      inventory: manifest.inventory ?? undefined,
    })
    restoreTriggers(state)
    restoreRequests(state)
    return { state, position: manifest.position }
  } catch {
    return undefined
  }
}

/** Without the indentation of lowdb's own JSON, which would double what a start reads. */
function jsonFile<T>(folder: string, file: string): DataFile<T> {
  const parse = (text: string): T => JSON.parse(text) as T
  return new DataFile<T>(join(folder, file), { parse, stringify: (data) => JSON.stringify(data) })
}

async function readJson<T>(folder: string, file: string): Promise<T | undefined> {
  // Not through Low, which takes no file without a default for its data.
  return (await jsonFile<T>(folder, file).read()) ?? undefined
}

async function readManifest(folder: string): Promise<Manifest | undefined> {
  const signed = await readJson<Signed>(folder, 'manifest.json')
  if (signed?.manifest.version !== 5) return undefined
  return hash('sha256', JSON.stringify(signed.manifest), 'hex') === signed.sha256
    ? signed.manifest
    : undefined
}

async function readShard<T>(folder: string, entry: ShardEntry): Promise<T> {
  const text = await readFile(join(folder, entry.file), 'utf8')
  if (hash('sha256', text, 'hex') !== entry.sha256)
    throw new Error(`${entry.file} is not what the manifest names`)
  return JSON.parse(text) as T
}

/** Writes a checkpoint: the files that changed under new names, the manifest last, then removes what it no longer names. */
export async function writeCheckpoint(folder: string, { state, position }: Checkpoint): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const old = await readManifest(folder).catch(() => undefined)
  const shards: Record<string, ShardEntry> = {}
  for (const [number, blocks] of groupBlocks(state)) {
    shards[number] = await writeShard(folder, `blocks-${number}`, blocks, old?.shards[number])
  }
  const rest = Object.fromEntries(REST.map((name) => [name, [...state[name]]])) as Rest
  const manifest: Manifest = {
    version: 5,
    position,
    seq: state.seq,
    at: state.at,
    nextBlock: state.nextBlock,
    nextTrigger: state.nextTrigger,
    nextMessage: state.nextMessage,
    nextReceived: state.nextReceived,
    heard: state.heard ?? null,
    frozen: state.frozen ?? null,
    inventory: state.inventory ?? null,
    ended: state.ended,
    rest: await writeShard(folder, 'rest', rest, old?.rest),
    shards,
  }
  const signed = { sha256: hash('sha256', JSON.stringify(manifest), 'hex'), manifest }
  await new Low<Signed>(jsonFile<Signed>(folder, 'manifest.json'), signed).write()
  await removeOthers(folder, manifest)
}

function groupBlocks(state: State): Map<number, Block[]> {
  const groups = new Map<number, Block[]>()
  for (const block of state.blocks.values()) {
    const number = Math.floor(block.id / SHARD)
    const group = groups.get(number)
    if (group === undefined) groups.set(number, [block])
    else group.push(block)
  }
  return groups
}

async function writeShard<T>(
  folder: string,
  name: string,
  data: T,
  old: ShardEntry | undefined,
): Promise<ShardEntry> {
  const sha256 = hash('sha256', JSON.stringify(data), 'hex')
  const file = `${name}-${sha256.slice(0, 16)}.json`
  if (old?.sha256 === sha256 && existsSync(join(folder, old.file))) return old
  await new Low<T>(jsonFile<T>(folder, file), data).write()
  return { file, sha256 }
}

async function removeOthers(folder: string, manifest: Manifest): Promise<void> {
  const named = new Set([
    'manifest.json',
    manifest.rest.file,
    ...Object.values(manifest.shards).map((entry) => entry.file),
  ])
  for (const file of await readdir(folder))
    if (!named.has(file)) await rm(join(folder, file), { force: true })
}
