import { describe } from 'node:test'
import { identityRule, type SwitchRule } from '../../src/domain/rule.ts'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import {
  CORDON,
  GROUP,
  noSlapd,
  PASSWORD,
  PEOPLE,
  POLICY,
  type Slapd,
  startSlapd,
} from '../../test/helpers/slapd.ts'
import { switchEnv } from '../../test/helpers/switch-env.ts'
import type { LdapConfig } from './config.ts'
import { ldapAdapter } from './index.ts'

const skip = noSlapd()
const USERS = Array.from({ length: 16 }, (_, at) => `contract${at}`)
const THEIRS = 'somebody'

/** One way of locking, as an administrator sees and does it. */
interface Way {
  readonly lock: LdapConfig['lock']
  isLocked(slapd: Slapd, user: string): Promise<boolean>
  set(slapd: Slapd, user: string, locked: boolean): Promise<void>
}

const inGroup = async (slapd: Slapd, user: string): Promise<boolean> =>
  (await groupMembers(slapd)).includes(`uid=${user},${PEOPLE}`)

async function groupMembers(slapd: Slapd): Promise<readonly string[]> {
  return slapd.values(GROUP, 'member')
}

const WAYS: Readonly<Record<string, Way>> = {
  ppolicy: {
    lock: { how: 'ppolicy', policy: POLICY },
    isLocked: async (slapd, user) =>
      (await slapd.values(user, 'pwdAccountLockedTime')).includes('000001010000Z'),
    set: (slapd, user, locked) =>
      slapd.change(user, 'replace', 'pwdAccountLockedTime', locked ? ['000001010000Z'] : []),
  },
  'active-directory': {
    lock: { how: 'active-directory' },
    isLocked: async (slapd, user) => (Number((await slapd.values(user, 'userAccountControl'))[0]) & 2) !== 0,
    set: (slapd, user, locked) =>
      slapd.change(user, 'replace', 'userAccountControl', [locked ? '514' : '512']),
  },
  group: {
    lock: { how: 'group', dn: GROUP },
    isLocked: inGroup,
    set: async (slapd, user, locked) => {
      if ((await inGroup(slapd, user)) !== locked)
        await slapd.change(GROUP, locked ? 'add' : 'delete', 'member', [`uid=${user},${PEOPLE}`])
    },
  },
  attribute: {
    lock: { how: 'attribute', name: 'employeeType', value: 'blocked' },
    isLocked: async (slapd, user) => (await slapd.values(user, 'employeeType')).includes('blocked'),
    set: (slapd, user, locked) =>
      slapd.change(user, 'replace', 'employeeType', locked ? ['blocked'] : ['staff']),
  },
}

const nameOf = ({ name }: SwitchRule): string => name.split('@')[0] ?? ''

const started = (way: Way) => async (): Promise<Device<LdapConfig>> => {
  const slapd = await startSlapd({ users: [...USERS, THEIRS] })
  for (const user of USERS) await way.set(slapd, user, false)
  return {
    config: {
      servers: [slapd.url],
      ...{ bindDn: CORDON, password: 'file:password', base: PEOPLE, realms: ['campus.example'] },
      ...{ lock: way.lock, interval: 50, timeout: 1_000 },
    },
    env: { ...switchEnv('directory'), secret: async () => PASSWORD },
    plantForeign: () => way.set(slapd, THEIRS, true),
    foreignIntact: () => way.isLocked(slapd, THEIRS),
    truth: async () => {
      const locked = await Promise.all(USERS.map((user) => way.isLocked(slapd, user)))
      return USERS.filter((_, at) => locked[at]).map((user) =>
        identityRule('account-locked', `${user}@campus.example`),
      )
    },
    switches: {
      read: async (rule) => ((await way.isLocked(slapd, nameOf(rule))) ? 'down' : 'up'),
      turn: (rule, to) => way.set(slapd, nameOf(rule), to === 'down'),
      others: async () => `${THEIRS} ${await way.isLocked(slapd, THEIRS)}`,
    },
    stall: async () => {
      process.kill(slapd.pid ?? 0, 'SIGSTOP')
      return async () => void process.kill(slapd.pid ?? 0, 'SIGCONT')
    },
    cut: async () => {
      await slapd.stop()
      await slapd.start()
    },
    stop: () => slapd.dispose(),
  }
}

describe('with OpenLDAP', { skip }, () => {
  if (skip !== false) return
  for (const [name, way] of Object.entries(WAYS))
    adapterContract({
      name: `ldap by ${name}`,
      adapter: ldapAdapter,
      numRuns: 4,
      start: started(way),
      secret: PASSWORD,
    })
})
