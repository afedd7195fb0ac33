import type { Block } from '../../domain/block.ts'
import type { Notice } from '../../domain/message.ts'
import { targetText } from '../../domain/target.ts'
import type { App } from '../context.ts'
import { findEndedBlocks } from '../find-block.ts'
import type { Portion } from './gather.ts'

/** What is posted to a webhook: what happened to blocks and requests, each as it stands by now. Times are RFC 3339. */
export async function webhookBody(app: App, { notices }: Portion): Promise<object> {
  const { blocks } = app.ledger.head
  const gone = notices.flatMap(({ block }) => (block === undefined || blocks.has(block) ? [] : [block]))
  const found = await findEndedBlocks(app, gone)
  return { schema: 1, notices: notices.map((notice) => noticeJson(app, found, notice)) }
}

function noticeJson(
  { ledger }: App,
  found: ReadonlyMap<number, Block>,
  { what, seq, block: id, request: of }: Notice,
): object {
  const block = id === undefined ? undefined : (ledger.head.blocks.get(id) ?? found.get(id))
  const request = of === undefined ? undefined : ledger.head.requests.get(of)
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString())
  return {
    ...{ what, seq },
    ...(block === undefined
      ? {}
      : {
          block: {
            ...{ id: block.id, name: `Cordon#${block.id}`, target: targetText(block.target) },
            ...{ direction: block.direction, action: block.action.do, reason: block.reason },
            ...(block.ticket === undefined ? {} : { ticket: block.ticket }),
            ...(block.category === undefined ? {} : { category: block.category }),
            ...{ wanted: block.wanted, createdAt: time(block.createdAt), until: time(block.until) },
            ...(block.endedAt === undefined ? {} : { endedAt: time(block.endedAt), ending: block.ending }),
          },
        }),
    ...(request === undefined
      ? {}
      : {
          request: {
            ...{ id: request.id, name: `Cordon#${request.id}`, kind: request.kind },
            ...{ departments: request.departments, urgency: request.urgency, turn: request.turn },
            due: time(request.clock.due),
            ...(request.settled === undefined ? {} : { settled: request.settled.how }),
            ...{ last: request.words.at(-1)?.text ?? null },
          },
        }),
  }
}
