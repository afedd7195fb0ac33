import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMatch } from '../../src/domain/match.ts'
import { parsePrefix } from '../../src/domain/prefix.ts'
import { blackholeRule, DROP, filterRule } from '../../src/domain/rule.ts'
import { handLines } from './hand-lines.ts'
import { pieces, underWay } from './under-way.ts'

const hole = (address: string) => blackholeRule('d-rtbh', parsePrefix(address), 'local')

describe('what is written into a pipe by hand', () => {
  it('names many blackholes in one command, and withdraws them without communities', () => {
    const rules = Array.from({ length: 501 }, (_, index) => hole(`10.0.${index >> 8}.${index & 255}`))
    const [first, second, ...rest] = handLines('announce', rules).split('\n')
    assert.match(
      first ?? '',
      /^announce attributes next-hop 192\.0\.2\.1 community \[65535:666 .*\] nlri 10\./,
    )
    assert.equal(first?.split(' nlri ')[1]?.split(' ').length, 500)
    assert.match(second ?? '', / nlri 10\.0\.1\.244\/32$/)
    assert.deepEqual(rest, [''])
    assert.equal(
      handLines('withdraw', [hole('10.0.0.1')]),
      'withdraw attributes next-hop 192.0.2.1 nlri 10.0.0.1/32\n',
    )
  })

  it('is a command for each flow route, every component with its semicolon', () => {
    const match = readMatch(4, { destination: '10.0.0.1', protocol: 'udp', destinationPort: '53' })
    assert.equal(
      handLines('announce', [filterRule('flow', match, DROP)]),
      'announce flow route { match { destination 10.0.0.1/32; protocol =17; destination-port =53; } ' +
        'then { discard; community [65010:911]; } }\n',
    )
  })
})

describe('work under way', () => {
  it('takes every item in order, never more at once than told, and fails with the first that fails', async () => {
    const begun: number[] = []
    let now = 0
    let most = 0
    await underWay([1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item)
      now += 1
      most = Math.max(most, now)
      await Promise.resolve()
      now -= 1
    })
    assert.deepEqual(begun, [1, 2, 3, 4, 5])
    assert.equal(most, 2)
    await assert.rejects(
      underWay([1], 2, () => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.deepEqual(pieces([1, 2, 3], 2), [[1, 2], [3]])
  })
})
