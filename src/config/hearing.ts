import { parseDuration } from '../domain/duration.ts'
import type { Hearing, Listener } from '../domain/hearing.ts'
import { type MailAddress, readMailAddress } from '../domain/mail-address.ts'
import type { MailConfig, WebhookConfig } from './mail.ts'
import type { Path, Problems } from './problems.ts'
import type { ConfigFile } from './schema.ts'

const [SHORTEST, LONGEST] = [10_000, 24 * 3_600_000]

/** Reads who hears of what, with every problem found in that. */
export function readHearing(
  { mail: file, listeners = [], site }: ConfigFile,
  mail: MailConfig | undefined,
  webhooks: readonly WebhookConfig[],
  found: Problems,
): Hearing {
  const people = (field: 'desk' | 'escalation' | 'approvers'): readonly MailAddress[] =>
    addressesOf(['mail', field], file?.[field] ?? [], found)
  const security = mail?.security === undefined ? {} : { security: { mail: mail.security } }
  const copied = mail?.security === undefined ? [] : [{ mail: mail.security }]
  const desk = people('desk')
  found.refuseDoubles(['listeners'], listeners)
  const departments = (site.departments ?? []).map(({ name }) => name)
  return {
    mail: mail !== undefined,
    desk: desk.length > 0 ? desk : copied,
    ...{ escalation: people('escalation'), approvers: people('approvers') },
    ...security,
    listeners: listeners.flatMap((one, index) => listenerOf(one, index, webhooks, departments, found) ?? []),
    every: everyOf(file?.every ?? '2m', found),
  }
}

type ListenerFile = NonNullable<ConfigFile['listeners']>[number]

function listenerOf(
  { name, mail, webhook, of, departments }: ListenerFile,
  index: number,
  webhooks: readonly WebhookConfig[],
  known: readonly string[],
  found: Problems,
): Listener | undefined {
  const at: Path = ['listeners', index]
  if ((mail === undefined) === (webhook === undefined)) {
    found.add(at, 'says where it hears: mail, or the name of a webhook')
    return undefined
  }
  if (webhook !== undefined && !webhooks.some((one) => one.name === webhook))
    found.add([...at, 'webhook'], `there is no webhook '${webhook}'`)
  for (const [place, one] of (departments ?? []).entries())
    if (!known.includes(one))
      found.add([...at, 'departments', place], `there is no department '${one}' in this file`)
  return {
    name,
    by: webhook === undefined ? { mail: addressesOf([...at, 'mail'], mail ?? [], found) } : { webhook },
    ...(of === undefined ? {} : { of }),
    ...(departments === undefined ? {} : { departments }),
  }
}

function addressesOf(at: Path, texts: readonly string[], found: Problems): readonly MailAddress[] {
  return texts.flatMap((text, index) => found.take([...at, index], () => readMailAddress(text)) ?? [])
}

function everyOf(text: string, found: Problems): number {
  const every = found.take(['mail', 'every'], () => parseDuration(text))
  if (every !== undefined && (every < SHORTEST || every > LONGEST))
    found.add(['mail', 'every'], 'is from 10s to 24h')
  return every ?? SHORTEST
}
