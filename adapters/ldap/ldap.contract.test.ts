import { describe } from 'node:test'
import { realmOf } from '../../src/domain/identity.ts'
import { identityRule, type SwitchRule } from '../../src/domain/rule.ts'
import { adapterContract, type Device } from '../../test/contract/suite.ts'
import {
  CORDON_PASSWORD,
  noSlapd,
  PEOPLE,
  POLICY,
  type Slapd,
  type SlapdOptions,
  startSlapd,
  SUFFIX,
  userDn,
} from '../../test/helpers/slapd.ts'
import type { LdapConfig } from './config.ts'
import { ldapAdapter } from './index.ts'
import { CONTRACT_USERS, configFor, directoryEnv, REALM } from './testing/accounts.ts'

const skip = noSlapd()

/** One way of locking, and how a person does and sees the same. */
interface Manner {
  readonly name: string
  readonly lock: LdapConfig['lock']
  readonly options?: SlapdOptions
  /** LDIF that puts an account down or up, whatever it is. */
  turn(dn: string, to: 'up' | 'down'): string
  /** The names of those who are down, in the text of all entries. */
  down(dump: string): readonly string[]
}

const THEIRS = ['theirs0', 'theirs1']
const GROUP = `cn=blocked,${SUFFIX}`

const MANNERS: readonly Manner[] = [
  {
    name: 'ppolicy',
    lock: { how: 'ppolicy', policy: POLICY },
    turn: (dn, to) => `dn: ${dn}
changetype: modify
replace: pwdAccountLockedTime
${to === 'down' ? 'pwdAccountLockedTime: 000001010000Z\n' : ''}`,
    down: (dump) => withLine(dump, /^pwdAccountLockedTime: 000001010000Z$/m),
  },
  {
    name: 'attribute',
    lock: { how: 'attribute', name: 'employeeType', value: 'suspended' },
    options: { more: () => 'employeeType: staff' },
    turn: (dn, to) => `dn: ${dn}
changetype: modify
replace: employeeType
employeeType: ${to === 'down' ? 'suspended' : 'staff'}
`,
    down: (dump) => withLine(dump, /^employeeType: suspended$/m),
  },
  {
    name: 'group',
    lock: { how: 'group', dn: GROUP },
    options: { ldif: `dn: ${GROUP}\nobjectClass: groupOfNames\ncn: blocked\nmember: ${GROUP}\n` },
    turn: (dn, to) => `dn: ${GROUP}
changetype: modify
${to === 'down' ? 'add' : 'delete'}: member
member: ${dn}
`,
    down: (dump) =>
      [...dump.matchAll(/^member: uid=([^,]+),/gm)].map(([, uid]) => uid ?? ''),
  },
]

function withLine(dump: string, line: RegExp): readonly string[] {
  return dump
    .split('\n\n')
    .filter((entry) => line.test(entry))
    .flatMap((entry) => /^uid: (.*)$/m.exec(entry)?.[1] ?? [])
}

const uidOf = ({ name }: SwitchRule): string => name.slice(0, -realmOf(name).length - 1)

async function started(manner: Manner): Promise<Device<LdapConfig>> {
  const slapd = await startSlapd({ ...manner.options, users: [...CONTRACT_USERS, ...THEIRS] })
  const down = async (): Promise<readonly string[]> => manner.down(await slapd.dump())
  const turn = async (uid: string, to: 'up' | 'down'): Promise<void> => {
    // A person who is told that it is so already goes on.
    await slapd.change(manner.turn(userDn(uid), to)).catch(() => undefined)
  }
  return {
    config: configFor(slapd, { lock: manner.lock }),
    env: directoryEnv(),
    plantForeign: () => turn('theirs1', 'down'),
    foreignIntact: async () => (await down()).filter((uid) => THEIRS.includes(uid)).join() === 'theirs1',
    truth: async () =>
      (await down())
        .filter((uid) => !THEIRS.includes(uid))
        .map((uid) => identityRule('account-locked', `${uid}@${REALM}`)),
    switches: {
      read: async (rule) => ((await down()).includes(uidOf(rule)) ? 'down' : 'up'),
      turn: (rule, to) => turn(uidOf(rule), to),
      others: () => others(slapd),
    },
    stall: async () => {
      process.kill(slapd.pid(), 'SIGSTOP')
      return async () => void process.kill(slapd.pid(), 'SIGCONT')
    },
    cut: async () => {
      await slapd.stop('SIGKILL')
      await slapd.start()
    },
    stop: () => slapd.dispose(),
  }
}

/** All entries but those of accounts that may be locked, and the group. */
async function others(slapd: Slapd): Promise<string> {
  const entries = (await slapd.dump()).split('\n\n')
  const mine = new RegExp(`^dn: (uid=contract\\d+,${PEOPLE}|${GROUP})$`, 'm')
  return entries.filter((entry) => !mine.test(entry)).join('\n\n')
}

describe('with OpenLDAP', { skip }, () => {
  if (skip !== false) return
  for (const manner of MANNERS)
    adapterContract({
      name: `ldap, ${manner.name}`,
      adapter: ldapAdapter,
      numRuns: 6,
      start: () => started(manner),
      secret: CORDON_PASSWORD,
    })
})
