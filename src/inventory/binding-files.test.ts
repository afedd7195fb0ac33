import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseMac } from '../domain/identity.ts'
import { parsePrefix } from '../domain/prefix.ts'
import { parseMoment, parseUser } from './binding.ts'
import { type BindingFormat, readBindings } from './binding-files.ts'
import { bindingsFrom } from './bindings.ts'

function read(format: BindingFormat, text: string, takeRest = false) {
  const { bindings, passedOver, problems } = readBindings(text, format, { source: 'test', takeRest })
  const list = [...bindings].map(({ source: _, ...rest }) => rest)
  return { list, passedOver, problems: problems.map(({ line, message }) => `${line}: ${message}`) }
}

const A = parsePrefix('192.0.2.7')
const MAC = '02:00:5e:10:00:01'
const KEA =
  'address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,hostname,state,user_context,pool_id'
const KEA6 =
  'address,duid,valid_lifetime,expire,subnet_id,pref_lifetime,lease_type,iaid,prefix_len,fqdn_fwd,fqdn_rev,hostname,hwaddr,state'

describe('files of bindings', () => {
  it('has no room for a text without end', () => {
    const long = 'x'.repeat(1_000_000)
    for (const name of ['port', 'source']) {
      const line = JSON.stringify({ address: '192.0.2.7', from: 1_000, mac: MAC, [name]: long })
      const { list, problems } = read('jsonl', `${line}\n`)
      assert.deepEqual([list.length, problems.length], [0, 1], name)
      assert.match(problems[0] ?? '', new RegExp(`^1: ${name}: .* 512 characters`))
    }
  })

  it('takes what is no text of bindings for what it is', () => {
    const zipped = '\u{1f}\u{fffd}\u{8}\0\0'
    assert.match(read('csv', zipped).problems[0] ?? '', /^1: the header has no column/)
    assert.match(read('jsonl', zipped).problems[0] ?? '', /^1: this line is no JSON object/)
    assert.equal(read('csv', '').problems.length, 1)
    assert.deepEqual(read('csv', 'address,from,mac'), { list: [], passedOver: 0, problems: [] })
    const crlf = `\u{feff}address,from,mac\r\n192.0.2.7,1000,${MAC}\r\n`
    assert.deepEqual([read('csv', crlf).list.length, read('csv', crlf).problems], [1, []])
  })

  it('reads CSV', () => {
    const { list, problems } = read(
      'csv',
      `address,from,until,mac,user,port,fromPort,toPort,source\n192.0.2.7,2026-11-22T08:00:00+01:00,2026-11-22T08:00:00Z,0200.5e10.0001,jane@Example.org,sw1 ge-0/0/1,1024,2047,dhcp\n2001:db8::7,1000,,,joe,,,,\n`,
    )
    assert.deepEqual(problems, [])
    assert.deepEqual(list, [
      {
        address: A,
        mac: MAC,
        user: 'jane@example.org',
        port: 'sw1 ge-0/0/1',
        fromPort: 1024,
        toPort: 2047,
        from: Date.UTC(2026, 10, 22, 7),
        until: Date.UTC(2026, 10, 22, 8),
      },
      { address: '2001:db8::7/128', user: 'joe', from: 1_000_000, until: null },
    ])
  })

  it('reads JSON lines with the same fields', () => {
    const { list } = read(
      'jsonl',
      '{"address":"192.0.2.7","from":1,"until":null,"mac":"02005e100001","fromPort":0,"toPort":9}',
    )
    assert.deepEqual(list, [{ address: A, mac: MAC, fromPort: 0, toPort: 9, from: 1_000, until: null }])
  })

  it("joins the renewals in Kea's lease file, in any order, and keeps what lies apart or is another device's", () => {
    const lines = [
      '192.0.2.7,02:00:5e:10:00:01,,3600,13600,1,0,0,pc7,0,,0',
      '192.0.2.7,02:00:5e:10:00:01,,3600,15000,1,0,0,pc7,0,,0',
      '192.0.2.7,02:00:5e:10:00:02,,3600,14000,1,0,0,pc8,0,,0',
      '192.0.2.7,02:00:5e:10:00:01,,3600,99999,1,0,0,pc7,2,,0',
      '192.0.2.7,02:00:5e:10:00:01,,0,15000,1,0,0,pc7,0,,0',
      '192.0.2.9,,,3600,15000,1,0,0,,1,,0',
    ]
    const { list, passedOver } = read('kea', [KEA, ...lines].join('\n'))
    assert.equal(passedOver, 2)
    assert.deepEqual(list, [
      { address: A, mac: MAC, from: 10_000_000, until: 15_000_000 },
      { address: A, mac: MAC, from: 96_399_000, until: 99_999_000 },
      { address: A, mac: '02:00:5e:10:00:02', from: 10_400_000, until: 14_000_000 },
    ])
    assert.deepEqual(read('kea', [KEA, ...lines.reverse()].join('\n')).list, list)
    assert.equal(
      bindingsFrom(readBindings([KEA, ...lines].join('\n'), 'kea', { source: 's' }).bindings).at(
        A,
        12_000_000,
        0,
      ).length,
      2,
    )
  })

  it('takes the device of an IPv6 lease from its DUID where Kea knows no MAC address; a lease without end has none', () => {
    const { list, passedOver } = read(
      'kea',
      [
        KEA6,
        '2001:db8::7,00:01:00:01:2c:aa:bb:cc:02:00:5e:10:00:01,4294967295,4294968295,1,3600,0,1,128,0,0,pc7,,0',
        '2001:db8::8,00:02:00:00:01:02,3600,13600,1,3600,0,1,128,0,0,pc8,,0',
        '2001:db8:1::,00:03:00:01:02:00:5e:10:00:01,3600,13600,1,3600,2,1,56,0,0,,,0',
      ].join('\n'),
    )
    assert.deepEqual(list, [{ address: '2001:db8::7/128', mac: MAC, from: 1_000_000, until: null }])
    assert.equal(passedOver, 2)
  })

  const wrong: readonly [what: string, format: BindingFormat, text: string, problem: RegExp][] = [
    [
      'a time without a zone',
      'csv',
      'address,from,mac\n192.0.2.7,2026-11-22 08:00:00,02005e100001\n',
      /^2: from: '2026-11-22 08:00:00' is no moment; write 2026-11-22T08:00:00Z/,
    ],
    [
      'a day that is none',
      'csv',
      'address,from,mac\n192.0.2.7,2026-02-30T08:00:00Z,02005e100001\n',
      /^2: from: '2026-02-30T08:00:00Z' is no moment/,
    ],
    [
      'milliseconds',
      'csv',
      'address,from,mac\n192.0.2.7,1763800000000,02005e100001\n',
      /^2: from: .* write seconds since 1970, not milliseconds$/,
    ],
    ['nobody', 'csv', 'address,from,mac\n192.0.2.7,1,\n', /^2: this says nobody: give mac, user or port$/],
    [
      'an end before its beginning',
      'csv',
      'address,from,until,mac\n192.0.2.7,5,5,02005e100001\n',
      /^2: until must be later than from/,
    ],
    [
      'half a range of ports',
      'csv',
      'address,from,user,fromPort\n192.0.2.7,5,joe,1024\n',
      /^2: fromPort and toPort go together/,
    ],
    [
      'a port that is none',
      'csv',
      'address,from,user,fromPort,toPort\n192.0.2.7,5,joe,1,65536\n',
      /^2: toPort: '65536' is no port/,
    ],
    [
      'a prefix',
      'csv',
      'address,from,user\n192.0.2.0/24,5,joe\n',
      /^2: address: '192\.0\.2\.0\/24' is a prefix/,
    ],
    [
      'a MAC address that is none',
      'csv',
      'address,from,mac\n192.0.2.7,5,02:00\n',
      /^2: mac: '02:00' is no MAC address; write/,
    ],
    [
      'an unknown field',
      'jsonl',
      '{"address":"192.0.2.7","from":1,"who":"x"}',
      /^1: unknown field 'who'; known are address, from/,
    ],
    [
      'a field that is missing',
      'jsonl',
      '{"address":"192.0.2.7","user":"x"}',
      /^1: address and from must be there$/,
    ],
    [
      'a field of the wrong kind',
      'jsonl',
      '{"address":["192.0.2.7"],"from":1}',
      /^1: address: must be text or a number$/,
    ],
    ['a lease file of something else', 'kea', 'lease,ip\n', /^1: the header has no column 'address'/],
    [
      'an expiry that is none',
      'kea',
      `${KEA}\n192.0.2.7,02:00:5e:10:00:01,,3600,soon,1,0,0,,0,,0\n`,
      /^2: expire: 'soon' is no whole number of seconds$/,
    ],
    ['a record without its kind', 'radius', '{"User-Name":"joe"}', /^1: there is no Acct-Status-Type/],
  ]
  for (const [what, format, text, problem] of wrong)
    it(`refuses all of it for ${what}, by its line`, () => {
      const { list, problems } = read(format, text)
      assert.ok(
        problems.some((line) => problem.test(line)),
        problems.join('\n') || 'no problem',
      )
      assert.deepEqual(list, [])
    })

  it('takes the lines that can be read only when it is asked to', () => {
    const text = 'address,from,user\n192.0.2.7,1,joe\n192.0.2.300,1,joe\n192.0.2.8,1,"jane\n'
    assert.equal(read('csv', text).list.length, 0)
    const { list, problems } = read('csv', text, true)
    assert.deepEqual(
      [list.map(({ address }) => address), problems.map((line) => line.slice(0, 2))],
      [['192.0.2.7/32'], ['3:', '4:']],
    )
  })
})

describe('parts of a binding', () => {
  it('are read in any usual writing', () => {
    for (const text of ['02:00:5e:10:00:01', '02-00-5E-10-00-01', '0200.5e10.0001', '02005E100001'])
      assert.equal(parseMac(text), MAC)
    for (const text of ['02:00-5e:10:00:01', '02:00:5e:10:00', 'x', '02:00:5e:10:00:01:02', ''])
      assert.throws(() => parseMac(text), /is no MAC address/)
    assert.equal(parseUser(' Jane@EXAMPLE.org '), 'jane@example.org')
    assert.throws(() => parseUser(' '), /1 to 253 characters/)
    assert.equal(parseMoment('2026-11-22 09:00:00+01:00'), Date.UTC(2026, 10, 22, 8))
    assert.equal(parseMoment(1_000), 1_000_000)
    for (const wrong of ['tomorrow', '-5', '1.5', null, '2026-11-22', '2026-11-22T25:00:00Z'])
      assert.throws(() => parseMoment(wrong), /is no moment/)
  })
})
