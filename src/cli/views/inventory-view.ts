import type { Inventory, InventoryPlan } from '../http/wire-site.ts'
import type { Paint } from '../output/paint.ts'
import { type Cell, renderFields } from '../output/table.ts'
import { fullText } from '../output/time.ts'

export function inventoryText(inventory: Inventory, now: () => number, paint: Paint): string {
  const { departments, connections, hosts, devices, failed, asks, reviews, needsRestart } = inventory
  const when = (at: string): string => fullText(Date.parse(at), { now })
  const bad = (text: string): Cell => ({ text, style: 'bad' })
  return renderFields(
    [
      ['digest', inventory.digest],
      ['loaded', when(inventory.loadedAt)],
      [
        'has',
        `${departments} departments, ${connections} connections, ${hosts} hosts by name, ${devices} devices`,
      ],
      ['protects', `${inventory.protected} entries`],
      [
        'review',
        reviews.map(
          ({ name, prefix, review }): Cell => ({
            text: `${name} (${prefix}) was due ${review}`,
            style: 'warn',
          }),
        ),
      ],
      [
        'restart',
        needsRestart.map((field): Cell => ({ text: `${field} counts only after a restart`, style: 'warn' })),
      ],
      [
        'failed',
        failed === undefined
          ? []
          : [bad(`${when(failed.at)}: it stayed as it was`), ...failed.problems.map(bad)],
      ],
      [
        'waits',
        asks === undefined ? undefined : bad(`${asks.why}; cordon inventory reload --agree ${asks.digest}`),
      ],
    ],
    paint,
  )
}

const KINDS: Readonly<Record<string, string>> = {
  covers: 'covers',
  ends: 'ends',
  grows: 'people are asked about',
}

/** What another inventory is, and what it makes of the blocks that are on. */
export function inventoryPlanText(plan: InventoryPlan, paint: Paint): string {
  const { changes, hosts, effects, needsRestart, calendar, asks } = plan
  const people = hosts.added + hosts.removed + hosts.changed
  const nothing = changes.length + effects.length + people === 0 && calendar === undefined
  return renderFields(
    [
      ['digest', plan.digest],
      ['changes', nothing ? 'nothing' : changes.map((change) => changeCell(change))],
      [
        'calendar',
        calendar === undefined ? undefined : `another: ${calendar.before} becomes ${calendar.after}`,
      ],
      [
        'hosts',
        people === 0 ? undefined : `${hosts.added} more, ${hosts.removed} gone, ${hosts.changed} changed`,
      ],
      [
        'blocks',
        effects.map(({ name, target, kind, after, why }): Cell => {
          const text = `${name} ${target} ${KINDS[kind] ?? kind}${kind === 'ends' ? '' : ` ${after.join(', ')}`}: ${why}`
          return { text, style: kind === 'ends' ? 'bad' : 'warn' }
        }),
      ],
      [
        'restart',
        needsRestart.map((field): Cell => ({ text: `${field} counts only after a restart`, style: 'warn' })),
      ],
      ['waits', asks === undefined ? undefined : { text: `${asks}: agree with the digest`, style: 'bad' }],
    ],
    paint,
  )
}

function changeCell({ kind, name, what, gained, lost, fields }: InventoryPlan['changes'][number]): Cell {
  const parts = [
    gained.length === 0 ? '' : `has ${gained.join(', ')}`,
    lost.length === 0 ? '' : `loses ${lost.join(', ')}`,
    fields.length === 0 ? '' : `says another ${fields.join(', ')}`,
  ].filter((part) => part !== '')
  return {
    text: `${kind} ${name} ${what}${parts.length === 0 ? '' : `: ${parts.join('; ')}`}`,
    style: 'plain',
  }
}
