import { BindingStore } from '../../src/bindings/store.ts'
import type { Clock } from '../../src/domain/clock.ts'
import type { BindingBook } from '../../src/inventory/binding-book.ts'
import { memoryFiles } from './memory-files.ts'

const DAY = 86_400_000

/** The bindings of a site in this thread, in files that live in memory. */
export function memoryBook(clock: Pick<Clock, 'now'>, keep = 30 * DAY): BindingBook {
  const opened = BindingStore.open(memoryFiles(), keep, clock.now())
  return {
    at: async ({ address, time, error, port }) => (await opened).bindings.at(address, time, error, port),
    ofHolder: async ({ by, name }) => {
      const { bindings } = await opened
      return by === 'mac' ? bindings.ofMac(name) : bindings.ofUser(name)
    },
    moved: async (questions) => {
      const { bindings } = await opened
      return questions.map(({ address, time, now, error, port }) =>
        bindings.moved(address, time, now, error, port),
      )
    },
    whereIs: async (questions) => {
      const { bindings } = await opened
      return questions.map(({ holder, address, now }) => bindings.whereIs(holder, address, now))
    },
    take: async (feed) => (await opened).take(feed, clock.now()),
    size: async () => (await opened).bindings.size,
  }
}
