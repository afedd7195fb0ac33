import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../../src/domain/clock.ts'
import { type AdapterEnv, AdapterError, type DeviceChange } from '../adapter.ts'
import { findExecutable, startDetached } from '../transport/child.ts'
import { endProcess, findProcesses, isRunning, type ProcessId } from '../transport/process.ts'
import { answerDeadline, type ExabgpConfig } from './config.ts'
import { connectBridge, type Link } from './link.ts'
import { saltOf, speakerEnvironment, speakerFile } from './speaker-file.ts'

export interface Speaker {
  readonly id: ProcessId
  readonly link: Link
  /** It ran before. */
  readonly adopted: boolean
  readonly news: readonly DeviceChange[]
}

/** sockaddr_un holds 108 bytes with the end; a longer path is silently cut (unix(7)). */
const LONGEST_SOCKET_PATH = 107
const START_WITHIN_MS = 10_000
const STOP_WITHIN_MS = 3_000

interface Files {
  readonly config: string
  readonly socket: string
  readonly bridge: string
  readonly log: string
  readonly pid: string
}

function filesIn(folder: string): Files {
  const socket = join(folder, 'ctl.sock')
  if (Buffer.byteLength(socket) > LONGEST_SOCKET_PATH) {
    throw new AdapterError(
      'unsupported',
      `the path of the runtime folder is too long for a socket: ${folder}`,
      'bad-config',
    )
  }
  return {
    config: join(folder, 'exabgp.conf'),
    socket,
    bridge: join(folder, 'bridge.mjs'),
    log: join(folder, 'exabgp.log'),
    pid: join(folder, 'speaker.pid'),
  }
}

/** ExaBGP's that were started for this folder. */
function findSpeakers(folder: string): ProcessId[] {
  return findProcesses(filesIn(folder).config, `CORDON_SPEAKER=${folder}`)
}

/**
 * Ends the ExaBGP of a runtime folder, which a closed session leaves running, and says how many there were. With
 * graceful restart the routers keep its routes for two minutes more.
 */
export async function stopSpeaker(runtimeFolder: string, clock: Clock): Promise<number> {
  const speakers = findSpeakers(runtimeFolder)
  for (const speaker of speakers) await endProcess(speaker, STOP_WITHIN_MS, clock)
  return speakers.length
}

/**
 * The running ExaBGP if it is as the configuration wants it and answers, or else a new one in its place; never two.
 * @throws AdapterError `binary-missing`, `namespace-missing`, `bad-config`, `speaker-refused`
 */
export async function obtainSpeaker(config: ExabgpConfig, env: AdapterEnv): Promise<Speaker> {
  mkdirSync(env.runtimeFolder, { recursive: true, mode: 0o700 })
  const files = filesIn(env.runtimeFolder)
  const keys = await readKeys(config, env)
  const running = findSpeakers(env.runtimeFolder)
  if (running.length === 0) return { ...(await start(config, env, files, keys)), adopted: false, news: [] }
  const adopted = await adopt(config, env, files, keys, running)
  if (typeof adopted !== 'string') return adopted
  env.log.warn({ device: env.device, reason: adopted }, 'ExaBGP is restarted')
  for (const speaker of running) {
    if (!(await endProcess(speaker, STOP_WITHIN_MS, env.clock))) {
      throw new AdapterError('busy', `process ${speaker.pid}, the former ExaBGP, cannot be ended`)
    }
  }
  const news = {
    type: 'status',
    code: 'speaker-restarted',
    ok: true,
    words: `ExaBGP was restarted: ${adopted}`,
  } as const
  return { ...(await start(config, env, files, keys)), adopted: false, news: [news] }
}

async function readKeys(config: ExabgpConfig, env: AdapterEnv): Promise<Map<string, string>> {
  const keys = new Map<string, string>()
  for (const { name, md5 } of config.neighbours) {
    if (md5 === undefined) continue
    try {
      keys.set(name, (await env.secret(md5)).trim())
    } catch {
      throw new AdapterError('auth', `the MD5 key of ${name} (${md5}) cannot be read`, 'secret-missing')
    }
  }
  return keys
}

/** Why it cannot be taken over, or the speaker. */
async function adopt(
  config: ExabgpConfig,
  env: AdapterEnv,
  files: Files,
  keys: ReadonlyMap<string, string>,
  running: readonly ProcessId[],
): Promise<Speaker | string> {
  const [id] = running
  if (id === undefined || running.length > 1) return 'more than one was running'
  const within = answerDeadline(config)
  const link = await connectBridge(
    files.socket,
    id.pid,
    Math.max(within, 2_000),
    env.clock,
    () => !isRunning(id),
  )
  if (link === undefined) return 'its helper was not there'
  const { hello } = link
  const refuse = (words: string): string => {
    link.close()
    return words
  }
  if (hello.started !== id.started) return refuse('another one answered')
  const salt = saltOf(readFileSync(files.config, 'utf8'))
  if (salt === undefined) return refuse('its configuration was lost')
  const wanted = speakerFile(config, pathsOf(files), keys, salt)
  if (wanted.digest !== hello.digest) return refuse('the configuration has changed')
  const cancel = env.clock.after(within * 2, () => link.close())
  const answer = await link.request('b', '', within)
  cancel()
  if (answer !== 'done') return refuse('it did not answer')
  return { id, link, adopted: true, news: [] }
}

async function start(
  config: ExabgpConfig,
  env: AdapterEnv,
  files: Files,
  keys: ReadonlyMap<string, string>,
): Promise<{ id: ProcessId; link: Link }> {
  const command = commandOf(config, files)
  // A copy, so that a helper that ExaBGP starts again later is the one that it was started with.
  copyFileSync(fileURLToPath(new URL('./bridge.mjs', import.meta.url)), files.bridge)
  const { text } = speakerFile(config, pathsOf(files), keys, randomBytes(16).toString('hex'))
  replaceFile(files.config, text)
  const child = await startDetached({
    ...command,
    env: {
      ...speakerEnvironment(userInfo().username),
      CORDON_SPEAKER: env.runtimeFolder,
    },
    logFile: files.log,
  })
  replaceFile(files.pid, `${child.id.pid}\n`)
  let how: string | undefined
  void child.ended.then((text) => {
    how = text
  })
  const link = await connectBridge(
    files.socket,
    child.id.pid,
    START_WITHIN_MS,
    env.clock,
    () => how !== undefined,
  )
  if (link !== undefined) return { id: child.id, link }
  await endProcess(child.id, STOP_WITHIN_MS, env.clock)
  throw new AdapterError(
    'rejected',
    `ExaBGP did not start (${how ?? 'its helper did not answer'}); see ${files.log}`,
    'speaker-refused',
  )
}

function pathsOf(files: Files): { node: string; bridge: string; socket: string } {
  return { node: process.execPath, bridge: files.bridge, socket: files.socket }
}

function commandOf(config: ExabgpConfig, files: Files): { file: string; args: string[] } {
  const exabgp = executable(config.binary ?? 'exabgp')
  if (config.namespace === undefined) return { file: exabgp, args: [files.config] }
  if (!existsSync(`/run/netns/${config.namespace}`)) {
    const words = `the network namespace ${config.namespace} does not exist`
    throw new AdapterError('unreachable', words, 'namespace-missing')
  }
  return { file: executable('ip'), args: ['netns', 'exec', config.namespace, exabgp, files.config] }
}

function executable(name: string): string {
  const file = findExecutable(name)
  if (file !== undefined) return file
  throw new AdapterError(
    'unsupported',
    `the program ${name} is not installed or may not be run`,
    'binary-missing',
  )
}

/** Whole or not at all, and for our eyes only: it may hold MD5 keys. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  chmodSync(`${file}.new`, 0o600)
  renameSync(`${file}.new`, file)
}
