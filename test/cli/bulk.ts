import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before } from 'node:test'
import { type Answer, aPlan, FakeApi, NOW, problem, type Routes, type Seen } from './fake-api.ts'
import { cordon, type HarnessOptions } from './harness.ts'

export const BATCH = 'POST /v1/blocks:batch'
export const DRY = 'POST /v1/blocks:dryRun'

/** Of the files. */
export let folder: string
const open: FakeApi[] = []

/** For the top of a test file: its folder, and no controller left after a test. */
export function withFiles(): void {
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-file-'))
  })
  after(() => rm(folder, { recursive: true }))
  afterEach(async () => {
    for (const api of open.splice(0)) await api.close()
  })
}

interface Item {
  readonly status: number
  readonly id?: number
  readonly version?: number
  readonly problem?: unknown
}

export const targets = ({ body }: Seen) => body['blocks'] as { target: string; reason: string }[]

/** Takes every block but the protected one. */
export function answer(seen: Seen, from = 1): Answer {
  const items = targets(seen).map(({ target }, index): Item => {
    if (target === '192.0.2.53') return { status: 422, problem: REFUSED.json }
    return { status: 201, id: from + index, version: 1 }
  })
  return { json: { items } }
}

const refusals = [{ guard: 'protected', code: 'protected', message: '192.0.2.53/32 (resolver) is protected' }]
export const REFUSED = problem(422, 'guard-refused', 'no', { refusals }) as { json: unknown }

/** A controller that takes batches. */
export async function fake(routes: Routes = {}): Promise<FakeApi> {
  const api = await new FakeApi({
    [DRY]: () => ({ json: aPlan() }),
    [BATCH]: (seen, times) => answer(seen, 1_000 * (times - 1) + 1),
    ...routes,
  }).listen()
  open.push(api)
  return api
}

/** Runs `cordon block` on a file with this text. */
export async function block(
  api: FakeApi,
  text: string | Uint8Array,
  more: readonly string[] = [],
  options = {},
) {
  await writeFile(join(folder, 'hosts.txt'), text)
  return run(api, ['--file', 'hosts.txt', '--for', '1h', ...more], options)
}

export function run(api: FakeApi, words: readonly string[], options: HarnessOptions = {}) {
  return cordon(['block', ...words], { now: () => NOW, env: api.env, cwd: folder, ...options })
}

export const many = (count: number) =>
  Array.from(
    { length: count },
    (_, index) => `10.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255} scans`,
  ).join('\n')
