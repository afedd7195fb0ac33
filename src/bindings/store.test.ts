import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { parsePrefix } from '../domain/prefix.ts'
import type { Feed } from '../inventory/binding-book.ts'
import { BindingStore } from './store.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-22T12:00:00Z')
const PC = '02:00:5e:10:00:01'

const feed = (...lines: string[]): Feed => ({
  text: ['address,from,until,mac', ...lines].join('\n'),
  format: 'csv',
  source: 'dhcp',
  takeRest: false,
})
const lease = (host: number, from: string, until = ''): string => `192.0.2.${host},${from},${until},${PC}`
const who = ({ bindings }: BindingStore, host: number, at = NOW): (string | undefined)[] =>
  bindings.at(parsePrefix(`192.0.2.${host}`), at, 0).map(({ mac }) => mac)

describe('the store of bindings', () => {
  it('has after a start what was taken, from one file a feed and from one of many', async () => {
    const files = memoryFiles()
    const store = await BindingStore.open(files, 30 * DAY, NOW)
    for (let host = 1; host <= 40; host += 1) {
      const taken = await store.take(feed(lease(host, '2026-11-22T08:00:00Z')), NOW)
      assert.deepEqual(taken, { bindings: 1, passedOver: 0, problems: [], taken: true })
      const again = await BindingStore.open(memoryFiles(files.disk()), 30 * DAY, NOW)
      assert.deepEqual([again.bindings.size, who(again, host)], [host, [PC]])
    }
    assert.ok((await files.list()).length < 40, 'many files become one')
  })

  it('takes nothing of a feed with a bad line, and the rest where that is asked for', async () => {
    const store = await BindingStore.open(memoryFiles(), 30 * DAY, NOW)
    const bad = feed(lease(1, '2026-11-22T08:00:00Z'), `192.0.2.2,yesterday,,${PC}`)
    const refused = await store.take(bad, NOW)
    assert.deepEqual([refused.taken, refused.bindings, store.bindings.size], [false, 0, 0])
    assert.match(refused.problems[0]?.message ?? '', /yesterday/)
    assert.equal(refused.problems[0]?.line, 3)
    const rest = await store.take({ ...bad, takeRest: true }, NOW)
    assert.deepEqual([rest.taken, rest.bindings, rest.problems.length, store.bindings.size], [true, 1, 1, 1])
  })

  it('forgets on disk too what ended too long ago, and never takes it', async () => {
    const files = memoryFiles()
    const store = await BindingStore.open(files, 2 * DAY, NOW)
    await store.take(
      feed(
        lease(1, '2026-11-01T08:00:00Z', '2026-11-02T08:00:00Z'),
        lease(2, '2026-11-22T08:00:00Z', '2026-11-22T09:00:00Z'),
      ),
      NOW,
    )
    assert.deepEqual([store.bindings.size, await store.forget(NOW)], [1, false])
    assert.equal(await store.forget(NOW + 3 * DAY), true)
    const texts = [...files.snapshot().values()].map((body) => body.toString('latin1'))
    assert.equal(store.bindings.size, 0)
    assert.equal((await BindingStore.open(memoryFiles(files.disk()), 90 * DAY, NOW)).bindings.size, 0)
    assert.ok(!texts.some((text) => text.includes('dhcp')), 'no name of what is gone is kept')
  })

  it('loses nothing to a crash at any step of making one file of many', async () => {
    const files = memoryFiles()
    const store = await BindingStore.open(files, 30 * DAY, NOW)
    for (let host = 1; host <= 32; host += 1) await store.take(feed(lease(host, '2026-11-22T08:00:00Z')), NOW)
    const images: ReturnType<typeof files.disk>[] = []
    const { remove, replace } = files
    Object.assign(files, {
      remove: async (name: string) => {
        await remove(name)
        images.push(files.disk())
      },
      replace: async (from: string, to: string) => {
        images.push(files.disk())
        await replace(from, to)
        images.push(files.disk())
      },
    })
    await store.take(feed(lease(33, '2026-11-22T08:00:00Z')), NOW)
    assert.ok(images.length > 30)
    for (const image of images) {
      const { bindings } = await BindingStore.open(memoryFiles(image), 30 * DAY, NOW)
      assert.ok(bindings.size >= 32, `${bindings.size} left`)
    }
  })

  it('says which file is damaged', async () => {
    const files = memoryFiles()
    const store = await BindingStore.open(files, 30 * DAY, NOW)
    await store.take(feed(lease(1, '2026-11-22T08:00:00Z')), NOW)
    const [name = ''] = await files.list()
    await (await files.open(name)).write(Buffer.from('x'), 30)
    await assert.rejects(
      BindingStore.open(files, 30 * DAY, NOW),
      new RegExp(`${name}: it was changed.*import again`),
    )
  })
})
