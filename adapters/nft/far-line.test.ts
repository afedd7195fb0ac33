import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { it } from 'node:test'
import { Ajv } from 'ajv'
import fc from 'fast-check'
import { nftConfigSchema, whyUnusable } from './config.ts'
import { farLine, farTransactions } from './far-line.ts'

const SSH = { host: 'fw.example.org', username: 'cordon', password: 'file:p', hostKeys: [] }
const valid = new Ajv().compile<typeof nftConfigSchema>(nftConfigSchema)

it('is what a person would type', () => {
  assert.equal(
    farLine({ sudo: false, namespace: undefined }, ['-n', '-j', 'monitor']),
    'exec env PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin HOME=/dev/null LC_ALL=C nft -n -j monitor',
  )
  assert.match(
    farTransactions({ sudo: true, namespace: 'fw' }),
    / \| exec sudo -n HOME=\/dev\/null LC_ALL=C TERM=dumb ip netns exec fw nft -i'$/,
  )
})

/** Any text that the schema takes for the field. */
function taken(field: 'table' | 'namespace'): fc.Arbitrary<string> {
  const { pattern } = JSON.parse(JSON.stringify(nftConfigSchema.properties[field])) as { pattern: string }
  return fc.stringMatching(new RegExp(pattern))
}

it('has the same words for a shell, whatever the configuration takes', () => {
  fc.assert(
    fc.property(taken('table'), taken('namespace'), fc.boolean(), (table, namespace, sudo) => {
      assert.ok(valid({ table, namespace, ssh: { ...SSH, sudo } }))
      const line = farLine({ sudo, namespace }, ['list', 'table', 'inet', table])
      const printing = line.replace(/^exec env/, 'printf "%s\\n"')
      const words = execFileSync('sh', ['-c', printing], { encoding: 'utf8' })
      assert.deepEqual(words.trimEnd().split('\n'), line.split(' ').slice(2))
      assert.ok(farTransactions({ sudo, namespace }).includes(`ip netns exec ${namespace} nft -i'`))
    }),
    { numRuns: 50 },
  )
})

it('refuses a word that a shell would read otherwise', () => {
  for (const word of ['a b', '$(id)', "a'b", 'a;b', '', '~', '#', '*', 'a\nb'])
    assert.throws(() => farLine({ sudo: false, namespace: undefined }, [word]), RangeError, word)
})

it('a login that nobody could use is refused', () => {
  assert.equal(whyUnusable({}), undefined)
  assert.equal(whyUnusable({ ssh: SSH }), undefined)
  assert.match(whyUnusable({ ssh: { ...SSH, hostKeys: ['none'] } }) ?? '', /hostKeys\[0\]/)
  const { password: _, ...without } = SSH
  assert.match(whyUnusable({ ssh: without }) ?? '', /needs a password or a privateKey/)
  assert.ok(valid({ ssh: SSH, namespace: 'fw' }))
  assert.ok(!valid({ ssh: { ...SSH, command: 'nft' } }))
})
