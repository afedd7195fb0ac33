import { parentPort, workerData } from 'node:worker_threads'
import { folderFiles } from '../ledger/files.ts'
import { LedgerLocked, lockFolder } from '../ledger/lock.ts'
import type { Ask, Asks, BookJob, Failed, Question, Reply } from './ask.ts'
import { BindingStore } from './store.ts'

type Answers = {
  readonly [A in Ask]: (
    store: BindingStore,
    of: Asks[A]['of'],
  ) => Asks[A]['answer'] | Promise<Asks[A]['answer']>
}

const ANSWERS: Answers = {
  at: ({ bindings }, { address, time, error, port }) => bindings.at(address, time, error, port),
  ofHolder: ({ bindings }, { by, name }) => (by === 'mac' ? bindings.ofMac(name) : bindings.ofUser(name)),
  moved: ({ bindings }, all) =>
    all.map(({ address, time, now, error, port }) => bindings.moved(address, time, now, error, port)),
  whereIs: ({ bindings }, all) =>
    all.map(({ holder, address, now }) => bindings.whereIs(holder, address, now)),
  take: (store, { now, ...feed }) => store.take(feed, now),
  forget: (store, { now }) => store.forget(now),
  size: ({ bindings }) => bindings.size,
}

const { folder, keep, now } = workerData as BookJob
const opened = folderFiles(folder).then((files) => {
  lock()
  return BindingStore.open(files, keep, now)
})

/** For as long as this thread lives: two would write over each other's files. */
function lock(): void {
  try {
    lockFolder(folder)
  } catch (error) {
    if (!(error instanceof LedgerLocked)) throw error
    const why = `the folder ${folder} is in use by another controller; give each a bindings.folder of its own`
    throw new Error(why, { cause: error })
  }
}

/** One after the other: a question that comes behind a feed is answered by what is in it. */
let turn: Promise<unknown> = opened.catch(() => undefined)
parentPort?.on('message', (question: Question) => {
  turn = turn.then(() => answer(question))
})

async function answer<A extends Ask>({ id, ask, of }: Question<A>): Promise<void> {
  const reply = await opened
    .then((store) => ANSWERS[ask](store, of))
    .then(
      (said): Reply => ({ id, answer: said }),
      (error: unknown): Reply => ({ id, error: error instanceof Error ? error.message : String(error) }),
    )
  parentPort?.postMessage(reply)
}

// Without its files it can answer nothing: whoever asks again later starts another thread, which may find them mended.
opened.catch((error: unknown) => {
  parentPort?.postMessage({ failed: error instanceof Error ? error.message : String(error) } satisfies Failed)
  parentPort?.close()
})
