import { randomUUID } from 'node:crypto'
import { Connection } from './connection.ts'
import { batchBody, blockBody, type Hosts, headLines, triggersBody } from './requests.ts'

/** Runs as a process of its own, so that the clients' work is not measured as the controller's. */

export interface LoadOrder {
  readonly port: number
  readonly token: string
  readonly clients: number
  readonly requests: number
  /** Blocks in one request; 1 asks for single ones. */
  readonly batch: number
  /** Number of the first block. */
  readonly first: number
  readonly hosts: Hosts
  /** How a block's end is asked for, as it stands in the body. */
  readonly end?: string
  /** Detections, of which each becomes a block, in place of blocks. */
  readonly triggers?: boolean
}

export interface LoadDone {
  readonly seconds: number
  readonly failed: number
  /** The first answer that was not a good one. */
  readonly firstFailure?: string
  /** Of each request, in milliseconds. */
  readonly latencies: readonly number[]
  /** Of one core, while it ran. */
  readonly clientShare: number
}

interface Run {
  readonly order: LoadOrder
  readonly key: string
  readonly latencies: number[]
  next: number
  failed: number
  firstFailure?: string
}

async function load(order: LoadOrder): Promise<LoadDone> {
  const run: Run = { order, key: randomUUID(), latencies: [], next: 0, failed: 0 }
  const connections = await Promise.all(
    Array.from({ length: order.clients }, () => Connection.open(order.port)),
  )
  const cpu = process.cpuUsage()
  const start = performance.now()
  await Promise.all(connections.map((connection) => client(connection, run)))
  const seconds = (performance.now() - start) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  for (const connection of connections) connection.close()
  const { failed, latencies, firstFailure } = run
  const clientShare = (user + system) / 1e6 / seconds
  return { seconds, failed, latencies, clientShare, ...(firstFailure === undefined ? {} : { firstFailure }) }
}

async function client(connection: Connection, run: Run): Promise<void> {
  const { order } = run
  while (run.next < order.requests) {
    const index = run.next++
    const { url, body, good } = requestOf(order, order.first + index * order.batch)
    const head = headLines(order.token, `${run.key}-${index}`)
    const sent = performance.now()
    const answer = await connection.send('POST', url, head, body)
    run.latencies.push(performance.now() - sent)
    const made = good(answer)
    if (made === order.batch) continue
    run.failed += order.batch - made
    run.firstFailure ??= `${answer.status}: ${answer.body.slice(0, 500)}`
  }
}

interface Answer {
  readonly status: number
  readonly body: string
}

/** @param first number of its first block; `good` counts what was done in an answer */
function requestOf({ batch, hosts, end, triggers }: LoadOrder, first: number) {
  const counting =
    (text: string) =>
    ({ body }: Answer): number =>
      body.split(text).length - 1
  if (triggers === true)
    return { url: '/v1/triggers', body: triggersBody(first, batch), good: counting('"deed":"began"') }
  if (batch === 1)
    return {
      url: '/v1/blocks',
      body: blockBody(first, hosts, end),
      good: ({ status }: Answer): number => Number(status === 201),
    }
  return {
    url: '/v1/blocks:batch',
    body: batchBody(first, batch, hosts, end),
    good: counting('"status":201'),
  }
}

process.on('message', (order: LoadOrder) => {
  load(order).then(
    (done) => process.send?.({ done }),
    (error: unknown) => process.send?.({ error: String(error) }),
  )
})
