import type { Quota, QuotaAnswer } from '../http/wire-quota.ts'
import type { Output, Shown } from '../output/output.ts'
import type { Paint, Style } from '../output/paint.ts'
import { type Column, renderFields, renderTable } from '../output/table.ts'
import { fullText, spanText } from '../output/time.ts'

export function showQuotas(answer: QuotaAnswer, now: () => number): Shown {
  return {
    value: answer,
    names: () => answer.quotas.map(nameOf),
    text: (paint, wide) => headText(answer, paint) + tableOf(answer, now, paint, wide),
  }
}

/** Says what is nearly used up, on stderr. */
export function noteNear(out: Output, near: readonly Quota[] | undefined, now: () => number): void {
  for (const quota of near ?? []) {
    const { used, most, counts } = quota
    out.note(
      `nearly used up: ${nameOf(quota)}: ${used} of ${most} (${counts})${freesText(quota, now)}`,
      'warn',
    )
  }
}

function nameOf({ name, department }: Quota): string {
  return department === undefined ? name : `${name} ${department}`
}

function freesText({ freesAt }: Quota, now: () => number): string {
  return freesAt === undefined ? '' : `; some is free at ${fullText(Date.parse(freesAt), { now })}`
}

function headText({ person, token, mayBlock, roles, most }: QuotaAnswer, paint: Paint): string {
  return renderFields(
    [
      [
        'person',
        person === undefined ? undefined : `${person.name} (${person.id}), with all of their tokens`,
      ],
      ['token', token === undefined ? undefined : `${token.name} (${token.id})`],
      ['may block', mayBlock ? `as ${roles.join(', ')}` : { text: 'no', style: 'warn' }],
      ['alone', mayBlock ? aloneText(most) : undefined],
      ['for', most.durationMs === undefined ? undefined : `${spanText(most.durationMs)} at the most`],
    ],
    paint,
  )
}

function aloneText({ ipv4Addresses, ipv6Length, departmentShare }: QuotaAnswer['most']): string | undefined {
  const parts = [
    ...(ipv4Addresses === undefined ? [] : [`up to ${ipv4Addresses} IPv4 addresses`]),
    ...(ipv6Length === undefined ? [] : [`IPv6 from /${ipv6Length} on`]),
    ...(departmentShare === undefined ? [] : [`${departmentShare * 100} % of a department`]),
  ]
  return parts.length === 0 ? undefined : parts.join(', ')
}

function tableOf({ quotas }: QuotaAnswer, now: () => number, paint: Paint, wide: boolean): string {
  return quotas.length === 0 ? '' : `\n${renderTable(columns(now), quotas, paint, wide)}`
}

function columns(now: () => number): Column<Quota>[] {
  return [
    { title: 'QUOTA', cell: nameOf },
    { title: 'USED', cell: (quota) => ({ text: String(quota.used), style: styleOf(quota) }) },
    { title: 'MOST', cell: ({ most }) => String(most) },
    {
      title: 'FREES',
      cell: ({ freesAt }) => (freesAt === undefined ? '' : fullText(Date.parse(freesAt), { now })),
    },
    { title: 'COUNTS', cell: ({ counts }) => counts, most: 60 },
  ]
}

function styleOf({ used, most }: Quota): Style {
  if (used >= most) return 'bad'
  return used >= 0.8 * most ? 'warn' : 'plain'
}
