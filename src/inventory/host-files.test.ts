import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type HostFormat, readHosts } from './host-files.ts'
import { LineProblems, MOST_PROBLEMS } from './line-problems.ts'

function read(format: HostFormat, text: string) {
  const problems = new LineProblems()
  const hosts = readHosts(text, format, problems)
  return { hosts, problems: problems.list.map(({ line, message }) => `${line}: ${message}`) }
}

const PAGE = `{
  "count": 3, "next": null, "previous": null,
  "results": [
    { "id": 1, "address": "192.0.2.7/24", "dns_name": "PC7.example.org", "description": "lab", "tags": [{ "name": "x" }] },
    { "id": 2, "address": "2001:db8::7/64", "dns_name": "pc7.example.org" },
    { "id": 3, "address": "192.0.2.8/24", "dns_name": "" }
  ]
}`

describe('files of hosts', () => {
  it('reads CSV with quotes, in any order of columns', () => {
    const { hosts, problems } = read(
      'csv',
      'description,address,name,department\n"the ""old"" one, upstairs",192.0.2.7,PC7.example.org.,physics\n\n,2001:DB8::7,pc7.example.org,\n',
    )
    assert.deepEqual(problems, [])
    assert.deepEqual(hosts, [
      {
        name: 'pc7.example.org',
        address: '192.0.2.7/32',
        department: 'physics',
        description: 'the "old" one, upstairs',
        line: 2,
      },
      { name: 'pc7.example.org', address: '2001:db8::7/128', line: 4 },
    ])
  })

  it("reads an answer of NetBox, and passes over addresses without a name and fields that are NetBox's own", () => {
    const { hosts, problems } = read('json', PAGE)
    assert.deepEqual(problems, [])
    assert.deepEqual(hosts, [
      { name: 'pc7.example.org', address: '192.0.2.7/32', description: 'lab', line: 4 },
      { name: 'pc7.example.org', address: '2001:db8::7/128', line: 5 },
    ])
  })

  it('reads the same objects one a line', () => {
    const { hosts } = read(
      'jsonl',
      '{"address":"192.0.2.7/24","dns_name":"pc7"}\n\n{"address":"192.0.2.8","dns_name":"pc8"}',
    )
    assert.deepEqual(
      hosts.map(({ name, line }) => [name, line]),
      [
        ['pc7', 1],
        ['pc8', 3],
      ],
    )
  })

  const wrong: readonly [what: string, format: HostFormat, text: string, problem: RegExp][] = [
    ['an empty file', 'csv', '', /^1: there is no header; write name,address/],
    ['a missing column', 'csv', 'name\npc7\n', /^1: the header has no column 'address'; it has name$/],
    [
      'an unknown column',
      'csv',
      'name,address,colour\n',
      /^1: the header has an unknown column 'colour'; known are name/,
    ],
    ['a column twice', 'csv', 'name,address,name\n', /^1: the header has the column 'name' twice$/],
    ['a field too many', 'csv', 'name,address\npc7,192.0.2.7,x\n', /^2: 3 fields where the header has 2$/],
    [
      'a bad address',
      'csv',
      'name,address\npc6,192.0.2.6\npc7,192.0.2.300\n',
      /^3: '192\.0\.2\.300' is not an IPv4 or IPv6/,
    ],
    [
      'a prefix',
      'csv',
      'name,address\nnet,192.0.2.0/24\n',
      /^2: '192\.0\.2\.0\/24' is a prefix; a host has one address/,
    ],
    ['a bad name', 'csv', 'name,address\npc 7,192.0.2.7\n', /^2: 'pc 7' is no host name; write letters/],
    ['no name', 'csv', 'name,address\n,192.0.2.7\n', /^2: '' is no host name/],
    [
      'a stray quote',
      'csv',
      'name,address\npc"7,192.0.2.7\n',
      /^2: a field with a quote in it must stand in quotes/,
    ],
    [
      'text after a quote',
      'csv',
      'name,address\n"pc7"x,192.0.2.7\n',
      /^2: after a quoted field only a comma/,
    ],
    ['no JSON', 'json', '{\n "results": [\n  { "address" }\n] }', /^3: this is no JSON: /],
    ['JSON that ends early', 'json', PAGE.slice(0, -4), /^\d+: this is no JSON: /],
    ['no results', 'json', '[]', /^1: there is no list "results"; save the answer of/],
    [
      'one page of several',
      'json',
      PAGE.replace('"next": null', '"next": "https://n/?offset=3"'),
      /^1: this is one page of several \(3 of 3\); ask with limit=0$/,
    ],
    [
      'fewer than counted',
      'json',
      PAGE.replace('"count": 3', '"count": 9'),
      /^1: this is one page of several \(3 of 9\)/,
    ],
    [
      'a bad address there',
      'json',
      PAGE.replace('192.0.2.8/24', '192.0.2.8/x'),
      /^6: '192\.0\.2\.8\/x' has no usable length; write 192\.0\.2\.8\/24$/,
    ],
    [
      'a result that is no object',
      'json',
      '{"results":[\n1,\n{"address":"192.0.2.7","dns_name":"a"},\n"x"]}',
      /^2: an entry of "results" must be an object$/,
    ],
    ['an address that is missing', 'jsonl', '{"dns_name":"a"}', /^1: there is no "address", such as/],
    [
      'a line that is no object',
      'jsonl',
      '{"address":"192.0.2.7","dns_name":"a"}\n[1]\n',
      /^2: this line is no JSON object/,
    ],
    ['a line that is broken', 'jsonl', '{"address":\n', /^1: this line is no JSON object/],
  ]
  for (const [what, format, text, problem] of wrong)
    it(`names the line of ${what}`, () => {
      const { problems } = read(format, text)
      assert.ok(
        problems.some((line) => problem.test(line)),
        problems.join('\n') || 'no problem',
      )
    })

  it('counts what it does not list', () => {
    const { problems } = read('csv', `name,address\n${'x,y\n'.repeat(MOST_PROBLEMS + 5)}`)
    assert.equal(problems.length, MOST_PROBLEMS + 1)
    assert.match(problems.at(-1) ?? '', /^101: and 5 more problems after this line$/)
  })
})
