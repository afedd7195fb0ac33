import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { allAdapters, allWitnesses } from '../../adapters/index.ts'
import { parsePrefix, prefixFamily } from '../domain/prefix.ts'
import { compareInventories } from '../inventory/compare.ts'
import { reviewsDue } from '../inventory/inventory.ts'
import { type LoadedInventory, loadInventory } from './load.ts'
import { ConfigError } from './yaml-file.ts'

const REGISTRY = { adapters: allAdapters(), witnesses: allWitnesses() }
const END = 'devices:\n  - { name: edge, kind: memory }\n'
const PLACEMENTS = 'placements:\n  - { name: all, when: {}, use: [{ device: edge, as: acl }] }\n'

describe('the inventory of a site', () => {
  let folder = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cordon-inventory-'))
  })
  after(() => rm(folder, { recursive: true, force: true }))

  async function load(site: string, files: Record<string, string> = {}, end = END): Promise<LoadedInventory> {
    const all = { 'placement.yaml': PLACEMENTS, ...files }
    for (const [name, text] of Object.entries(all)) await writeFile(join(folder, name), text)
    await writeFile(join(folder, 'cordon.yaml'), `placements: placement.yaml\nsite:\n${site}${end}`)
    return loadInventory(join(folder, 'cordon.yaml'), REGISTRY)
  }

  async function problems(...args: Parameters<typeof load>): Promise<string[]> {
    const error = await load(...args).then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.ok(error instanceof ConfigError, `expected problems, got ${String(error)}`)
    return error.message.split('\n').map((line) => line.replace(`${folder}/`, ''))
  }

  it('reads everything that a site can say', async () => {
    const { inventory, files } = await load(
      `  own: [192.0.2.0/24]
  contacts: [{ name: help, mail: help@example.org, phone: "+420 123", role: IT support }]
  departments:
    - { name: science, prefixes: [192.0.2.0/25], contacts: [help], itss: [help], accessDevices: [edge] }
    - { name: physics, prefixes: [192.0.2.0/26], parent: science, users: 9 }
  connections:
    - name: museum
      prefixes: [192.0.2.128/26]
      attachments: [{ router: r1, interface: ge-0, neighbour: n }, { router: r2, interface: ge-0, neighbour: m }]
      agreement: true
      contact: help
  addresses: [{ prefix: 192.0.2.0/26, kind: dhcp, lease: follow }]
  hosts: [hosts.csv, netbox.json]
  protected: [{ host: WWW.example.org, name: web, owner: noc, reason: shown to all, review: 2026-11-21 }]
`,
      {
        'hosts.csv': 'name,address,department\nwww.example.org,192.0.2.1,physics\n',
        'netbox.json':
          '{"results":[{"address":"2001:db8::1/64","dns_name":"www.example.org"},{"address":"192.0.2.1/26","dns_name":"www.example.org","description":"d"}]}',
      },
    )
    assert.equal(inventory.departments.get('physics')?.parent, 'science')
    assert.deepEqual(inventory.departments.get('science')?.accessDevices, ['edge'])
    assert.equal(inventory.connections.get('museum')?.agreement, true)
    assert.equal(inventory.addresses.covering(parsePrefix('192.0.2.9')).at(-1)?.[1].lease, 'follow')
    const www = inventory.hosts.at(parsePrefix('192.0.2.1'))
    assert.deepEqual(www, [
      { name: 'www.example.org', address: '192.0.2.1/32', department: 'physics', description: 'd' },
    ])
    for (const address of ['192.0.2.1', '2001:db8::1'])
      assert.deepEqual(inventory.protected.get(parsePrefix(address)), [
        {
          prefix: parsePrefix(address),
          name: 'web',
          role: 'any',
          owner: 'noc',
          reason: 'shown to all',
          review: '2026-11-21',
        },
      ])
    assert.deepEqual(
      reviewsDue(inventory, Date.UTC(2026, 10, 22)).map(({ name }) => name),
      ['web', 'web'],
    )
    assert.deepEqual(
      files.map((file) => file.split('/').at(-1)),
      ['cordon.yaml', 'placement.yaml', 'hosts.csv', 'netbox.json', 'essentials.yaml'],
    )
  })

  it('protects the essentials that come along, by name, unless the site says otherwise', async () => {
    const { inventory } = await load('  own: []\n')
    assert.deepEqual(
      inventory.protected.get(parsePrefix('198.41.0.4'))?.map(({ name, role }) => [name, role]),
      [['DNS root server A', 'any']],
    )
    assert.equal((await load('  own: []\n  essentials: false\n')).inventory.protected.size, 0)
    const own = await load('  own: []\n  essentials: own.yaml\n', {
      'own.yaml':
        'essentials:\n  - { prefix: 198.51.100.1, name: exam server, role: destination, reason: exams, review: 2027-01-01 }\n',
    })
    assert.deepEqual(
      [...own.inventory.protected.entries()].map(([prefix]) => prefix),
      ['198.51.100.1/32'],
    )
  })

  it('the shipped essentials are single addresses of both families, none twice, with days to come', async () => {
    const { lists } = await load('  own: []\n')
    assert.ok(lists.protected.length > 50)
    assert.equal(new Set(lists.protected.map(({ prefix }) => prefix)).size, lists.protected.length)
    for (const { prefix, review = '', reason } of lists.protected) {
      assert.match(prefix, prefixFamily(prefix) === 4 ? /\/32$/ : /\/128$/)
      assert.ok(review > '2026-11-22' && reason !== undefined)
    }
  })

  const department = (more: string): string =>
    `  own: []\n  contacts: [{ name: help, mail: h@example.org }]\n  departments:\n    - { name: d, prefixes: [10.0.0.0/16] }\n    - { name: e, prefixes: [10.1.0.0/24]${more} }\n`
  const wrong: readonly [what: string, site: string, problem: RegExp, files?: Record<string, string>][] = [
    [
      'an unknown parent',
      department(', parent: f'),
      /^cordon\.yaml:7:\d+: site\.departments\.1\.parent: there is no department 'f'; known are d, e$/,
    ],
    [
      'a circle of parents',
      department(', parent: e'),
      /^cordon\.yaml:7:\d+: site\.departments\.1\.parent: e is a part of e: that is a circle$/,
    ],
    [
      'an unknown contact',
      department(', contacts: [x]'),
      /^cordon\.yaml:7:\d+: site\.departments\.1\.contacts\.0: there is no contact 'x'; known are help$/,
    ],
    [
      'an unknown device',
      department(', accessDevices: [edge, sw1]'),
      /^cordon\.yaml:7:\d+: site\.departments\.1\.accessDevices\.1: there is no device 'sw1'$/,
    ],
    [
      'an unknown router',
      department(', accessDevices: [edge/r1]'),
      /accessDevices\.0: edge speaks to no router 'r1'; known: none$/,
    ],
    [
      'space inside of a stranger',
      department('').replace('10.1.0.0', '10.0.3.0'),
      /^cordon\.yaml:7:\d+: site\.departments\.1\.prefixes: 10\.0\.3\.0\/24 lies in 10\.0\.0\.0\/16 of department d, of which e is no part; say so with parent/,
    ],
    [
      'the same space as its parent',
      department(', parent: d').replace('10.1.0.0/24', '10.0.0.0/16'),
      /site\.departments\.1\.prefixes: 10\.0\.0\.0\/16 belongs to department d already$/,
    ],
    [
      'a mail address that is none',
      department('').replace('h@example.org', '"h@e, x"'),
      /site\.contacts\.0\.mail: must match pattern/,
    ],
    [
      'a contact twice',
      department('').replace('[{', '[{ name: help, mail: x@e }, {'),
      /site\.contacts\.1\.name: 'help' is there twice$/,
    ],
    [
      'an unknown contact of a connection',
      '  own: []\n  connections:\n    - { name: c, prefixes: [10.0.0.0/8], attachments: [{ router: a, interface: b, neighbour: c }], contact: x }\n',
      /^cordon\.yaml:5:\d+: site\.connections\.0\.contact: there is no contact 'x'; known are none$/,
    ],
    [
      'a lease where there is none',
      '  own: []\n  addresses: [{ prefix: 10.0.0.0/8, kind: static, lease: flag }]\n',
      /addresses\.0\.lease: static addresses have no lease that could move/,
    ],
    [
      'a range twice',
      '  own: []\n  addresses: [{ prefix: 10.0.0.0/8, kind: static }, { prefix: 10.0.0.0/8, kind: dhcp }]\n',
      /addresses\.1\.prefix: 10\.0\.0\.0\/8 is there twice$/,
    ],
    [
      'a protected entry of neither',
      '  own: []\n  protected: [{ name: x }]\n',
      /^cordon\.yaml:4:15: site\.protected\.0: give one of prefix, host/,
    ],
    [
      'a protected entry of both',
      '  own: []\n  protected: [{ name: x, prefix: 10.0.0.1, host: a }]\n',
      /site\.protected\.0: give one of prefix, host/,
    ],
    [
      'a protected host that is unknown',
      '  own: []\n  protected: [{ name: x, host: a }]\n',
      /site\.protected\.0\.host: no file of site\.hosts has a host 'a'/,
    ],
    [
      'a review on no day',
      '  own: []\n  protected: [{ name: x, prefix: 10.0.0.1, review: 2026-02-30 }]\n',
      /site\.protected\.0\.review: '2026-02-30' is no day; write it as 2027-11-30$/,
    ],
    [
      'a bad line of hosts',
      '  own: []\n  hosts: [h.csv]\n',
      /^h\.csv:3:1: '10\.0\.0\.300' is not an IPv4/,
      { 'h.csv': 'name,address\na,10.0.0.1\nb,10.0.0.300\n' },
    ],
    [
      'an unknown department of a host',
      '  own: []\n  hosts: [h.csv]\n',
      /^h\.csv:2:1: there is no department 'x'; known are none$/,
      { 'h.csv': 'name,address,department\na,10.0.0.1,x\n' },
    ],
    [
      'a host in two departments',
      `${department('')}  hosts: [h.csv]\n`,
      /^h\.csv:3:1: a is in department d by another line/,
      { 'h.csv': 'name,address,department\na,10.0.0.1,d\na,10.0.0.1,e\n' },
    ],
    [
      'a file of hosts of an unknown form',
      '  own: []\n  hosts: [h.xlsx]\n',
      /^cordon\.yaml:4:11: site\.hosts\.0: a file of hosts ends in \.csv/,
    ],
    [
      'a file of hosts that is missing',
      '  own: []\n  hosts: [none.csv]\n',
      /^cordon\.yaml:4:11: site\.hosts\.0: cannot be read: /,
    ],
    [
      'a bad line of essentials',
      '  own: []\n  essentials: e.yaml\n',
      /^e\.yaml:2:15: essentials\.0\.prefix: '10\.0\.0\.300' is not/,
      { 'e.yaml': 'essentials:\n  - { prefix: 10.0.0.300, name: x, reason: y, review: 2027-01-01 }\n' },
    ],
    [
      'a field that essentials lack',
      '  own: []\n  essentials: e.yaml\n',
      /^e\.yaml:2:5: essentials\.0: must have required property 'review'$/,
      { 'e.yaml': 'essentials:\n  - { prefix: 10.0.0.1, name: x, reason: y }\n' },
    ],
    [
      'essentials that are missing',
      '  own: []\n  essentials: nowhere.yaml\n',
      /^nowhere\.yaml:1:1: cannot be read/,
    ],
  ]
  for (const [what, site, problem, files] of wrong)
    it(`names the place of ${what}`, async () => {
      const found = await problems(site, files)
      assert.ok(
        found.some((line) => problem.test(line)),
        found.join('\n'),
      )
    })

  it('a department may lie within what it is a part of, at any depth', async () => {
    const { inventory } = await load(
      '  own: []\n  departments:\n    - { name: c, parent: b, prefixes: [10.0.0.0/24] }\n    - { name: b, parent: a, prefixes: [10.1.0.0/16] }\n    - { name: a, prefixes: [10.0.0.0/8] }\n',
    )
    assert.deepEqual(
      inventory.departmentOf.covering(parsePrefix('10.0.0.1')).map(([, name]) => name),
      ['a', 'c'],
    )
  })

  it('can be read again: the digest and the comparison say what is different', async () => {
    const site =
      '  own: [192.0.2.0/24]\n  departments:\n    - { name: d, prefixes: [192.0.2.0/25] }\n  hosts: [h.csv]\n'
    const first = await load(site, { 'h.csv': 'name,address\na,192.0.2.1\n' })
    const again = await load(site)
    assert.equal(again.digest, first.digest)
    const later = await load(site.replace('/25', '/26'), {
      'h.csv': 'name,address\na,192.0.2.1\nb,192.0.2.2\n',
    })
    assert.notEqual(later.digest, first.digest)
    assert.deepEqual(compareInventories(first.lists, later.lists), {
      changes: [
        { kind: 'department', name: 'd', what: 'changed', gained: [], lost: ['192.0.2.64/26'], fields: [] },
      ],
      hosts: { before: 1, after: 2, added: 1, removed: 0, changed: 0 },
    })
  })
})
