import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { bench, OUTSIDE, typist } from './testing/bench.ts'

const GROUP = ['configure terminal', 'object-group network CORDON']

describe('the prompt', () => {
  const places = [
    [[], 'r1#'],
    [['disable'], 'r1>'],
    [['disable', 'enable'], 'r1#'],
    [['conf t'], 'r1(config)#'],
    [GROUP, 'r1(config-network-group)#'],
    [['conf t', 'ip access-list extended A'], 'r1(config-ext-nacl)#'],
    [['conf t', 'ipv6 access-list A'], 'r1(config-ipv6-acl)#'],
    [['conf t', 'interface gi0/0/0'], 'r1(config-if)#'],
    [['conf t', 'router bgp 65010'], 'r1(config-router)#'],
    [[...GROUP, 'exit'], 'r1(config)#'],
    [[...GROUP, 'end'], 'r1#'],
    [['conf t', 'exit'], 'r1#'],
    // a command of the level above leaves a mode
    [[...GROUP, 'interface gi0/0/1'], 'r1(config-if)#'],
    [[...GROUP, 'do show clock'], 'r1(config-network-group)#'],
  ] as const
  for (const [lines, prompt] of places) {
    test(`is ${prompt} behind "${lines.join(', ')}"`, async () => {
      const { session, type } = typist(bench())
      await type(...lines)
      assert.equal(session.prompt, prompt)
    })
  }

  test('has the whole name only outside of configuration', async () => {
    const { session, type } = typist(bench('a-router-with-quite-a-long-name'))
    assert.equal(session.prompt, 'a-router-with-quite-a-long-name#')
    await type('conf t')
    assert.equal(session.prompt, 'a-router-with-quite-(config)#')
  })
})

describe('what is wrong', () => {
  const wrong = [
    [
      [...GROUP, 'host 300.1.1.1'],
      [`${' '.repeat(30)}^`, "% Invalid input detected at '^' marker.", ''],
    ],
    [
      ['conf t', 'hostnama x'],
      [`${' '.repeat(18)}^`, "% Invalid input detected at '^' marker.", ''],
    ],
    [
      ['conf t', ' do show clocc '],
      [`${' '.repeat(24)}^`, "% Invalid input detected at '^' marker.", ''],
    ],
    [['show running-config | '], ['% Incomplete command.', '']],
    [['show'], ['% Incomplete command.', '']],
    [
      [...GROUP, 'host'],
      ['% Incomplete command.', ''],
    ],
    [['sh ip'], ['% Incomplete command.', '']],
    [['show i'], ['% Ambiguous command:  "show i"']],
    [['nonsense'], ['% Unknown command or computer name, or unable to find computer address', '']],
    [['nonsense of all'], ['   ^', "% Invalid input detected at '^' marker.", '']],
    [
      ['disable', 'configure terminal'],
      ['   ^', "% Invalid input detected at '^' marker.", ''],
    ],
    [
      ['conf t', 'interface gi7/7'],
      ['% GigabitEthernet7/7: there is no such interface', ''],
    ],
    [['show run | include ('], ['% Failed to compile regular expression.', '']],
    [
      ['conf t', 'router bgp 1', 'router bgp 2'],
      ['BGP is already running; AS is 1', ''],
    ],
    [
      ['conf t', 'router bgp 1', 'neighbor 192.0.2.1 shutdown'],
      ['% Specify remote-as or peer-group commands first', ''],
    ],
  ] as const
  for (const [lines, said] of wrong) {
    test(`"${lines.at(-1)}" is answered in the router's words`, async () => {
      assert.deepEqual(await typist(bench()).type(...lines), said)
    })
  }

  test('is what the user may not do, also behind "do" and cut short', async () => {
    const { type, session } = typist(bench(), { denied: ['object-group', 'write'] })
    const denied = ['Command authorization failed.', '']
    assert.deepEqual(await type('conf t', 'object-g network X'), denied)
    assert.equal(session.prompt, 'r1(config)#')
    assert.deepEqual(await type('do wr'), denied)
    assert.deepEqual(await type('hostname r2'), [])
  })
})

describe('enable', () => {
  test('asks for a password, three times', async () => {
    const { session, type } = typist(bench(), { privilege: 1 }, 'secret')
    await type('enable')
    assert.equal(session.prompt, 'Password: ')
    assert.equal(session.isHidden, true)
    assert.deepEqual(await type('a', 'b', 'c'), ['% Bad secrets', ''])
    assert.equal(session.prompt, 'r1>')
    assert.deepEqual(await type('show privilege'), ['Current privilege level is 1'])
    await type('enable', 'wrong', 'secret')
    assert.equal(session.prompt, 'r1#')
    assert.deepEqual(await type('show privilege'), ['Current privilege level is 15'])
  })
})

describe('the lock of the configuration', () => {
  test('of a person and of a process keeps others out, in two forms of words', async () => {
    const { system } = bench()
    const { type, session } = typist({ ...bench(), system })
    system.lockedBy = { user: 'alice', process: 3, terminal: 1, isProcess: false }
    assert.match((await type('conf t'))[0] ?? '', /^Configuration mode locked exclusively by user 'alice'/)
    system.lockedBy = { user: 'NETCONF', process: 484, terminal: 64, isProcess: true }
    assert.match(
      (await type('conf t'))[0] ?? '',
      /^Configuration mode is locked by process '484' user 'NETCONF'/,
    )
    assert.equal(session.prompt, 'r1#')
    assert.ok((await type('show configuration lock')).includes('User              : NETCONF'))
    system.lockedBy = undefined
    assert.deepEqual(await type('conf t'), ['Enter configuration commands, one per line.  End with CNTL/Z.'])
  })
})

describe('a group', () => {
  const USED = [
    ...GROUP,
    'host 192.0.2.255',
    'ip access-list extended A',
    'deny ip object-group CORDON any',
    'exit',
  ]

  test('that a list uses is neither removed nor emptied', async () => {
    const world = bench()
    const { type } = typist(world)
    const refusal = /^%ERROR: object-group CORDON is in use/
    assert.match((await type(...USED, 'no object-group network CORDON'))[0] ?? '', refusal)
    assert.match((await type('object-group network CORDON', 'no host 192.0.2.255'))[0] ?? '', refusal)
    assert.deepEqual(await type('host 192.0.2.1', 'no host 192.0.2.255'), [])
    assert.match(world.config(), /object-group network CORDON \n host 192\.0\.2\.1 \n!/)
    await type('ip access-list extended A', 'no 10', 'exit')
    assert.deepEqual(await type('no object-group network CORDON'), [])
  })

  test('must be there and have a member before a list may use it', async () => {
    const { type } = typist(bench())
    const rule = ['ip access-list extended A', 'deny ip object-group CORDON any']
    assert.deepEqual(await type('conf t', ...rule), ['%ERROR: object-group CORDON does not exist', ''])
    const [said] = await type('object-group network CORDON', ...rule)
    assert.equal(said, '%ERROR: object-group CORDON is empty and cannot be used in an access list')
  })

  test('loses without a word what it never had, and takes nothing twice', async () => {
    const world = bench()
    const { type } = typist(world)
    assert.deepEqual(await type(...GROUP, 'no host 192.0.2.9'), [])
    await type('host 192.0.2.1', 'host 192.0.2.1', '198.51.100.0 255.255.255.0', '198.51.100.0/24')
    await type('198.51.100.7 255.255.255.255', 'description What we block')
    assert.deepEqual(await type('do show object-group CORDON'), [
      ...['Network object group CORDON', ' Description What we block', ' host 192.0.2.1'],
      ...[' 198.51.100.0 255.255.255.0', ' host 198.51.100.7', ''],
    ])
    assert.deepEqual(await type('198.51.100.0 255.0.255.0'), ['% Invalid network mask', ''])
  })
})

describe('a list', () => {
  test('is in the order of its numbers, and counts on by tens', async () => {
    const world = bench()
    const { type } = typist(world)
    await type('conf t', 'ip access-list extended A')
    await type(
      'permit tcp any any eq 179',
      '5 remark first',
      '15 deny udp any eq 53 any',
      'permit ip any any',
    )
    await type('permit 6 any any eq bgp', '15 deny udp any eq domain any')
    assert.deepEqual(await type('15 permit ip any any'), ['% Duplicate sequence number', ''])
    assert.deepEqual(await type('no 15', 'no 99', 'no permit icmp any any'), [])
    assert.deepEqual(await type('do show ip access-lists'), [
      'Extended IP access list A',
      '    10 permit tcp any any eq bgp',
      '    25 permit ip any any',
    ])
    assert.match(world.config(), / 5 remark first\n 10 permit/)
  })

  test('of IPv6 has capitals, and its numbers behind when it is shown', async () => {
    const world = bench()
    const { type } = typist(world)
    await type('conf t', 'ipv6 access-list B', 'sequence 30 deny ipv6 2001:db8:0:0::ffff/48 any log')
    await type('deny tcp host 2001:db8::1 any range 1 5', 'permit icmp any any nd-na sequence 7')
    assert.deepEqual(await type('do show ipv6 access-list B'), [
      'IPv6 access list B',
      '    permit icmp any any nd-na sequence 7',
      '    deny ipv6 2001:DB8::/48 any log sequence 30',
      '    deny tcp host 2001:DB8::1 any range 1 5 sequence 40',
    ])
    await type('no sequence 7', 'no deny tcp host 2001:DB8:0::1 any range 1 5')
    assert.match(world.config(), /ipv6 access-list B\n sequence 30 deny ipv6 2001:DB8::\/48 any log\n!/)
  })

  test('keeps count of what met its lines', async () => {
    const world = bench()
    const { type } = typist(world)
    await type('conf t', 'ip access-list extended A', 'deny udp any host 192.0.2.1', 'permit ip any any')
    await type(`interface ${OUTSIDE}`, 'ip access-group A in')
    for (const last of [1, 2, 3]) world.isDropped({ source: '198.51.100.1', destination: `192.0.2.${last}` })
    assert.deepEqual(await type('do show access', 'do show ip access-lists A'), [
      'Extended IP access list A',
      '    10 deny udp any host 192.0.2.1 (1 match)',
      '    20 permit ip any any (2 matches)',
    ])
  })
})
