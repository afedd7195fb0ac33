import type { Automation } from '../http/wire-site.ts'
import type { Paint } from '../output/paint.ts'
import { type Cell, renderFields } from '../output/table.ts'
import { fullText } from '../output/time.ts'

/** Whether machines may block, and what stops them. */
export function automationText(automation: Automation, now: () => number, paint: Paint): string {
  const { frozen, breakers, muted, blocks } = automation
  const when = (at: string): string => fullText(Date.parse(at), { now })
  const stopped = (text: string): Cell => ({ text, style: 'bad' })
  return renderFields(
    [
      ['automatic', { text: `${blocks} ${blocks === 1 ? 'block is' : 'blocks are'} on`, style: 'plain' }],
      [
        'frozen',
        frozen === undefined
          ? undefined
          : stopped(`since ${when(frozen.at)} by ${frozen.by}: ${frozen.reason}; go on with: cordon thaw`),
      ],
      [
        'tripped',
        breakers.map(({ breaker, limit, source, at }) =>
          stopped(
            `${breaker} since ${when(at)} by ${source}: ${limit}; go on with: cordon automation reset ${breaker}`,
          ),
        ),
      ],
      [
        'muted',
        muted.map(({ token, name, reason, by, at }) =>
          stopped(
            `${token} ${name ?? ''} since ${when(at)} by ${by}: ${reason}; go on with: cordon automation unmute ${token}`,
          ),
        ),
      ],
      ['state', automation.stopped ? undefined : { text: 'automatic blocks are taken', style: 'good' }],
    ],
    paint,
  )
}
