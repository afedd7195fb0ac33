import assert from 'node:assert/strict'
import { identityRule, type SwitchRule } from '../../../src/domain/rule.ts'
import { CORDON, PASSWORD, PEOPLE, POLICY, type Slapd } from '../../../test/helpers/slapd.ts'
import { switchEnv } from '../../../test/helpers/switch-env.ts'
import type { AdapterEnv, DeviceChange, Outcome, Session } from '../../adapter.ts'
import type { LdapConfig } from '../config.ts'
import { ldapAdapter } from '../index.ts'

export const ALICE = accountRule('alice')
export const BOB = accountRule('bob')
/** What OpenLDAP has of an account that is locked until somebody unlocks it. */
export const LOCKED = '000001010000Z'
export const NEVER = new AbortController().signal

export function accountRule(user: string): SwitchRule {
  return identityRule('account-locked', `${user}@campus.example`)
}

/** What an administrator would write for this server. */
export function configOf({ url }: Pick<Slapd, 'url'>, over: Partial<LdapConfig> = {}): LdapConfig {
  return {
    servers: [url],
    ...{ bindDn: CORDON, password: 'file:secret', base: PEOPLE, realms: ['campus.example'] },
    ...{ lock: { how: 'ppolicy', policy: POLICY }, interval: 50, timeout: 1_000 },
    ...over,
  }
}

/** With a memo of its own, which stays between sessions. */
export function envOf(secret = PASSWORD): AdapterEnv {
  return { ...switchEnv('directory'), secret: async () => secret }
}

/** A session that is closed behind. */
export async function withSession(
  config: LdapConfig,
  run: (session: Session, changes: DeviceChange[]) => Promise<void>,
  env = envOf(),
): Promise<void> {
  const session = await ldapAdapter.open(config, env)
  const changes: DeviceChange[] = []
  session.onChange?.((change) => changes.push(change))
  try {
    await run(session, changes)
  } finally {
    await session.close()
  }
}

export async function put(session: Session, rule = ALICE): Promise<Outcome | undefined> {
  return (await session.apply({ put: [rule], remove: [] }, NEVER)).get(rule.key)
}

export async function remove(session: Session, rule = ALICE): Promise<Outcome | undefined> {
  return (await session.apply({ put: [], remove: [rule] }, NEVER)).get(rule.key)
}

export async function done(outcome: Promise<Outcome | undefined>): Promise<void> {
  assert.deepEqual(await outcome, { result: 'done', evidence: 'read-back' })
}

/** Which are held, and of which nothing is certain. */
export async function held(session: Session): Promise<readonly string[]> {
  const { rules, uncertain } = await session.observe('all', NEVER)
  assert.deepEqual(uncertain, [])
  return rules.map(({ key }) => key).sort()
}

export async function refused(
  outcome: Outcome | undefined | Promise<Outcome | undefined>,
  words: RegExp,
  of = 'rejected',
): Promise<void> {
  const told = await outcome
  assert.ok(told?.result === 'failed', JSON.stringify(told))
  assert.equal(told.class, of, told.words)
  assert.match(told.words, words)
  assert.ok(!told.words.includes(PASSWORD))
}

export function isTakenBack(change: DeviceChange): boolean {
  return change.type === 'seen' && !change.present
}
