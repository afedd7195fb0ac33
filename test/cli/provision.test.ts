import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { stringify } from 'yaml'
import { EXIT } from '../../src/cli/exit.ts'
import { cordon } from './harness.ts'

const HOPS = { nextHop4: '192.0.2.66', nextHop6: '100::66' }
const SITE = {
  placements: 'placement.yaml',
  site: { own: ['203.0.113.0/24'], protected: [{ prefix: '203.0.113.240/28', name: 'routers' }] },
  devices: [
    {
      name: 'rtbh',
      kind: 'exabgp',
      config: {
        routerId: '203.0.113.2',
        marking: '65010:911',
        neighbours: ['r1', 'r2'].map((name, index) => ({
          ...{ name, address: `203.0.113.${index + 10}`, localAddress: '203.0.113.2' },
          ...{ localAs: 65010, peerAs: 65010 },
          ...(name === 'r1' ? { platform: 'bird' } : {}),
        })),
        scopes: { local: { communities: ['blackhole', 'no-export'], ...HOPS } },
      },
    },
    { name: 'firewall', kind: 'nft' },
  ],
}

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cordon-provision-'))
  await writeFile(join(folder, 'cordon.yaml'), stringify(SITE))
  const placements = [{ name: 'all', when: {}, use: [{ device: 'rtbh', as: 'd-rtbh' }] }]
  await writeFile(join(folder, 'placement.yaml'), stringify({ placements }))
})
after(() => rm(folder, { recursive: true, force: true }))

function provision(...words: string[]) {
  return cordon(['provision', 'bgp', ...words], { cwd: folder })
}

test('the text of a router whose platform is known goes to stdout as it is', async () => {
  const { exit, stdout, stderr } = await provision('rtbh', '--router', 'r1')
  assert.equal(exit, EXIT.ok, stderr)
  assert.match(stdout, /^# Cordon: bounds on the device rtbh at the router r1, for BIRD 2\.\n/)
  assert.match(stdout, /protocol bgp cordon \{/)
})

test('--platform is for every router that is asked for, and -o json has each by itself', async () => {
  const { exit, stdout } = await provision('rtbh', '--platform', 'frr', '-o', 'json')
  assert.equal(exit, EXIT.ok)
  const routers = JSON.parse(stdout) as { router: string; platform: string; text: string }[]
  assert.deepEqual(
    routers.map(({ router, platform }) => [router, platform]),
    [
      ['r1', 'frr'],
      ['r2', 'frr'],
    ],
  )
})

for (const [name, words, said] of [
  ['a platform that nobody named', ['rtbh'], /r2 runs: give --platform.*bird, frr, junos, iosxr, iosxe, eos/],
  ['a platform that does not exist', ['rtbh', '--platform', 'vyos'], /no platform 'vyos'; known: bird/],
  ['a router that it does not speak to', ['rtbh', '--router', 'r9'], /no router 'r9'; known: r1, r2/],
  ['a device that does not exist', ['rtbx'], /no device 'rtbx'; known: rtbh, firewall/],
  ['a device without routers', ['firewall'], /firewall is of the kind nft/],
  ['no configuration', ['rtbh', '--config', 'none.yaml'], /none\.yaml cannot be used/],
] as const)
  test(`${name} is an error that says what would be right`, async () => {
    const { exit, stdout, stderr } = await provision(...words)
    assert.equal(exit, EXIT.failure)
    assert.equal(stdout, '')
    assert.match(stderr, said)
  })
