import { mkdirSync, writeFileSync } from 'node:fs'
import { birdBounds, birdConfig } from './bird-config.ts'
import { iosStart } from './configured/ios/lab-start.ts'
import { boundsPath, configPath, frrFolder } from './engine/router-command.ts'
import { frrBounds, frrConfig, vtyshAt } from './frr-config.ts'
import { gobgpBounds, gobgpConfig } from './gobgp-config.ts'
import { writeSshd } from './sshd.ts'
import { CONFIGURED_KINDS, hasSshd, type Node, nodeOf, type Topology } from './topology.ts'
import type { BgpSettings } from './topology-file.ts'

/**
 * What stands in place of the simulator's own bounds, by router: the neighbours and their import policy, in the
 * words of the router's daemon (BIRD and FRR: configuration; GoBGP: TOML). For a router that is configured, all that
 * it starts with; left out: nothing, or an ios-router's name and addresses.
 */
export type Imports = Readonly<Record<string, string>>

/** Writes the files that the daemons of all routers start with; a reboot reads them again. */
export function writeRouterConfigs(runtimeFolder: string, topology: Topology, imports: Imports): void {
  for (const name of Object.keys(imports)) {
    const { bgp, kind } = nodeOf(topology, name)
    if (!bgp && !CONFIGURED_KINDS.has(kind))
      throw new Error(`${name} has no BGP daemon that an import could be for, and is not configured`)
  }
  for (const node of topology.nodes.values()) {
    const { name, kind, bgp, ssh } = node
    if (ssh && hasSshd(node)) writeSshd(runtimeFolder, name, ssh, shellOf(runtimeFolder, node))
    else if (ssh) writeFileSync(configPath(runtimeFolder, name), imports[name] ?? startOf(node))
    if (!bgp) continue
    const writer = { 'bird-router': writeBird, 'frr-router': writeFrr, 'gobgp-router': writeGobgp }[
      kind as RouterKind
    ]
    writer(runtimeFolder, topology, name, bgp, imports[name])
  }
}

/** In the words of a router that is configured. */
function startOf(node: Node): string {
  return node.kind === 'ios-router' ? iosStart(node) : ''
}

/** Who logs in to an FRR meets its own shell, and not the machine's. */
function shellOf(runtimeFolder: string, { name, kind }: Node): readonly string[] | undefined {
  return kind === 'frr-router' ? vtyshAt(frrFolder(runtimeFolder, name)) : undefined
}

type RouterKind = 'bird-router' | 'frr-router' | 'gobgp-router'
type Write = (
  runtimeFolder: string,
  topology: Topology,
  router: string,
  settings: BgpSettings,
  given: string | undefined,
) => void

const writeBird: Write = (runtimeFolder, topology, router, settings, given) => {
  const bounds = boundsPath(runtimeFolder, router)
  writeFileSync(bounds, given ?? birdBounds(topology, router, settings))
  writeFileSync(configPath(runtimeFolder, router), birdConfig(topology, router, settings, bounds))
}

const writeFrr: Write = (runtimeFolder, topology, router, settings, given) => {
  const bounds = given ?? frrBounds(topology, router, settings)
  for (const [part, text] of frrConfig(topology, router, settings, bounds).entries()) {
    writeFileSync(`${configPath(runtimeFolder, router)}.${part}`, text)
  }
  mkdirSync(frrFolder(runtimeFolder, router), { recursive: true })
}

const writeGobgp: Write = (runtimeFolder, topology, router, settings, given) => {
  const bounds = given ?? gobgpBounds(topology, router, settings)
  writeFileSync(configPath(runtimeFolder, router), gobgpConfig(topology, router, settings, bounds))
}
