import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { created, released } from '../../test/helpers/events.ts'
import { memoryFiles } from '../../test/helpers/memory-files.ts'
import { openLedger, put } from '../../test/helpers/test-ledger.ts'
import { VirtualClock } from '../../test/helpers/virtual-clock.ts'
import type { Block } from '../domain/block.ts'
import { DROP, type Rule, ruleFromKey, switchRule } from '../domain/rule.ts'
import { unexplainedRules } from './explained.ts'

const PORT = switchRule('interface-down', 'eth1')
const OTHER = switchRule('neighbour-down', 'museum')
const HOST = ruleFromKey('acl4 source=198.18.0.2/32', DROP)

/** As if only a block of a connection, or of that host, ever placed anything. */
const asksFor = ({ target }: Block, { key }: Rule): boolean =>
  target.kind === 'connection' ? key === PORT.key : key === HOST.key

describe('what explains that a rule goes', () => {
  it('of a switch, a block of a connection, also one that has ended; of an entry, a block on its prefix', async () => {
    const clock = new VirtualClock()
    const ledger = await openLedger({ clock, files: memoryFiles() })
    const unexplained = (): string[] => unexplainedRules(ledger.head, [PORT, OTHER, HOST], asksFor)
    assert.deepEqual(unexplained(), [PORT.key, OTHER.key, HOST.key])
    const done = put(ledger, [
      created(1, { shape: { target: 'connection' }, target: { kind: 'connection', name: 'museum' } }),
      created(2),
      released(1),
    ])
    await clock.advance(0)
    await done
    assert.deepEqual(unexplained(), [OTHER.key])
  })
})
