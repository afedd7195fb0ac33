import type { DeviceHits, Hits } from '../http/wire.ts'
import type { Shown } from '../output/output.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, relativeText } from '../output/time.ts'
import { bytesText } from './spec.ts'

export function showHits(hits: Hits, now: () => number): Shown {
  return {
    value: hits,
    names: () => [hits.name],
    text: (paint, wide) =>
      renderFields(
        [
          ['block', hits.name],
          ['hits', countText(hits)],
          ['last hit', lastText(hits, now)],
          ['devices', hits.devices.flatMap(deviceCell)],
        ],
        paint,
      ) + tableOf(hits, now, paint, wide),
  }
}

/** For one line beside a block; `undefined` when no device counts. */
export function hitsLine(hits: Hits, now: () => number): string | undefined {
  if (!hits.devices.some(({ counts }) => counts)) return undefined
  const last = hits.lastHit === undefined ? '' : `, last ${relativeText(Date.parse(hits.lastHit), now())}`
  return `${countText(hits)}${last}`
}

function countText({ packets, bytes }: Pick<Hits, 'packets' | 'bytes'>): string {
  return `${packets} packets, ${bytesText(bytes)}`
}

function lastText({ lastHit, lastHitPrecision, devices }: Hits, now: () => number): string | undefined {
  if (lastHit !== undefined)
    return `${fullText(Date.parse(lastHit), { now })}, exact to ${lastHitPrecision} s`
  const since = devices.flatMap((device) => device.since ?? []).sort()[0]
  return since === undefined ? undefined : `none seen since ${fullText(Date.parse(since), { now })}`
}

function deviceCell({ device, error, rules, counts }: DeviceHits): Cell[] {
  if (error !== undefined)
    return [{ text: `${device}: ${error.class}: ${error.words}`, style: counts ? 'bad' : 'dim' }]
  return rules.length === 0 ? [{ text: `${device}: holds nothing of it`, style: 'dim' }] : []
}

type Row = DeviceHits['rules'][number] & { readonly device: string }

function tableOf(
  hits: Hits,
  now: () => number,
  ...how: [Parameters<typeof renderTable>[2], boolean]
): string {
  const rows = hits.devices.flatMap(({ device, rules }) => rules.map((rule): Row => ({ ...rule, device })))
  return rows.length === 0 ? '' : `\n${renderTable(columns(now), rows, ...how)}`
}

function columns(now: () => number): Column<Row>[] {
  return [
    { title: 'DEVICE', cell: ({ device }) => device },
    { title: 'RULE', cell: ({ rule }) => rule, most: 70 },
    { title: 'PACKETS', cell: ({ packets }) => String(packets) },
    { title: 'BYTES', cell: ({ bytes }) => bytesText(bytes) },
    {
      title: 'LAST HIT',
      cell: ({ lastHit }) => (lastHit === undefined ? '' : relativeText(Date.parse(lastHit), now())),
    },
    { title: 'RESETS', cell: ({ resets }) => String(resets), wide: true },
  ]
}
