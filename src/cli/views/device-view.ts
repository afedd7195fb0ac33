import type { Device } from '../http/wire.ts'
import type { Shown } from '../output/output.ts'
import type { Style } from '../output/paint.ts'
import { type Cell, type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, relativeText } from '../output/time.ts'

export function showDevices(devices: readonly Device[], answer: unknown, now: () => number): Shown {
  return {
    value: answer,
    text: (paint, wide) => renderTable(columns(now), devices, paint, wide),
    names: () => devices.map((device) => device.name),
  }
}

const STATES: Readonly<Record<string, Style>> = { ready: 'good', down: 'bad', held: 'warn' }

function stateCell({ state }: Device): Cell {
  return { text: state, style: STATES[state] ?? 'warn' }
}

function columns(now: () => number): Column<Device>[] {
  return [
    { title: 'DEVICE', cell: ({ name }) => name },
    { title: 'KIND', cell: ({ kind }) => kind },
    { title: 'STATE', cell: stateCell },
    { title: 'SINCE', cell: ({ since }) => relativeText(Date.parse(since), now()) },
    { title: 'ENTRIES', cell: ({ entries, maxEntries }) => `${entries}/${maxEntries}` },
    { title: 'WAITING', cell: ({ backlog }) => countCell(backlog, 'warn') },
    { title: 'FAILING', cell: ({ failing }) => countCell(failing, 'bad') },
    { title: 'EVIDENCE', cell: ({ evidence }) => evidence, wide: true },
    { title: 'NOTES', cell: noteText, most: 60 },
  ]
}

function countCell(count: number, style: Style): Cell {
  return { text: String(count), style: count === 0 ? 'plain' : style }
}

function noteText({ hold, withheld, error, conditions, enforcers }: Device): string {
  const blind = enforcers.filter((enforcer) => enforcer.trouble !== undefined)
  return [
    ...(hold === undefined ? [] : [`held by ${hold.by}: ${hold.reason}`]),
    ...(withheld === undefined ? [] : [`${withheld.count} withheld: ${withheld.why}`]),
    ...(error === undefined ? [] : [`${error.class}: ${error.words}`]),
    ...Object.keys(conditions),
    ...blind.map((enforcer) => `cannot see ${enforcer.name}`),
    ...enforcers.flatMap(({ late }) => late?.words ?? []),
  ].join('; ')
}

export function showDevice(device: Device, now: () => number): Shown {
  return {
    value: device,
    names: () => [device.name],
    text: (paint) =>
      renderFields(
        [
          ['device', `${device.name} (${device.kind})`],
          ['state', stateCell(device)],
          ['since', fullText(Date.parse(device.since), { now })],
          ['error', device.error && { text: `${device.error.class}: ${device.error.words}`, style: 'bad' }],
          ['conditions', Object.entries(device.conditions).map(([code, words]) => `${code}: ${words}`)],
          ['entries', `${device.entries} of ${device.maxEntries}`],
          ['waiting', `${device.backlog} rules that it was not yet told`],
          ['failing', `${device.failing} rules that it refuses`],
          ['hold', holdCell(device, now)],
          ['withheld', device.withheld && { text: withheldText(device.withheld), style: 'warn' }],
          ['evidence', `at best ${device.evidence}`],
          [
            'enforcers',
            device.enforcers.map((one) => `${one.name}: ${one.trouble ?? one.late?.words ?? 'seen'}`),
          ],
        ],
        paint,
      ),
  }
}

function holdCell({ hold }: Device, now: () => number): Cell | undefined {
  if (hold === undefined) return undefined
  const until = fullText(Date.parse(hold.until), { now })
  return { text: `by ${hold.by} until ${until}: ${hold.reason}; nothing changes on it`, style: 'warn' }
}

function withheldText({ count, why }: NonNullable<Device['withheld']>): string {
  return `${count} changes wait for a person: ${why}; agree with: cordon devices free NAME`
}
