import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Family } from '../../simulator/addresses.ts'
import { eventually } from '../../simulator/eventually.ts'
import type { HandSpeaker } from '../../simulator/hand-speaker.ts'
import type { Lab } from '../../simulator/lab-handle.ts'
import { planLab } from '../../simulator/lab-plan.ts'
import { raiseLab } from '../../simulator/raise.ts'
import { whyNoLab } from '../../simulator/requirements.ts'
import { askFlowAgent, type FlowAgentState } from '../../simulator/router-state.ts'
import { speakerOf, writeLabSite } from '../../simulator/site.ts'
import { nodeOf } from '../../simulator/topology.ts'
import { provisionedImports } from '../helpers/provisioned.ts'

export const BIRD = 'border-bird'
export const FRR = 'border-frr'
export const FLOW = 'border-flow'
export const ROUTERS = [BIRD, FRR, FLOW]

const MARK = '65010:911'
const NEXT_HOP = { 4: '192.0.2.1', 6: '100::1' } as const
const BITS = { 4: 32, 6: 128 } as const

export function noBackbone(): string | false {
  return whyNoLab(['bird-router', 'frr-router', 'gobgp-router']) ?? false
}

/**
 * The backbone with two speakers by hand. What BIRD and FRR take of them is what `cordon provision bgp` prints; BIRD
 * validates flow routes.
 */
export async function raiseBackbone(purpose: string): Promise<Lab> {
  const plan = planLab('backbone', `${purpose}-${process.pid}`)
  const folder = await mkdtemp(join(tmpdir(), 'cordon-backbone-'))
  try {
    const placements = join(folder, 'placement.yaml')
    const use = [{ device: 'speaker', as: 'd-rtbh' }]
    await writeFile(placements, JSON.stringify({ placements: [{ name: 'all', when: {}, use }] }))
    const families = ['ipv4 unicast', 'ipv6 unicast', 'ipv4 flow', 'ipv6 flow']
    const over = { [BIRD]: { families, validates: true } }
    const devices = ['speaker', 'speaker2'].map((session) =>
      speakerOf(plan, { name: session, routers: [BIRD, FRR], session, over }),
    )
    const { own, never = [] } = nodeOf(plan.topology, BIRD).bgp ?? { own: [] }
    const site = { own, protected: never.map((prefix) => ({ prefix, name: 'routers and management' })) }
    const config = writeLabSite(plan, { folder, placements, port: 8321, over: { devices, site } })
    const imports = await provisionedImports(config)
    return await raiseLab({ topology: 'backbone', name: plan.name, engine: 'netns', tied: true, imports })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

type Verb = 'announce' | 'withdraw'

export function tellBlackhole(speaker: HandSpeaker, verb: Verb, router: string, address: string): void {
  const family: Family = address.includes(':') ? 6 : 4
  const communities = `community [65535:666 no-export ${MARK}]`
  speaker.tell(`${verb} route ${address}/${BITS[family]} next-hop ${NEXT_HOP[family]} ${communities}`, router)
}

/** @param match in ExaBGP's words, each component with its semicolon */
export function tellFlow(
  speaker: HandSpeaker,
  verb: Verb,
  match: string,
  then = 'discard',
  router = FLOW,
): void {
  speaker.tell(`${verb} flow route { match { ${match} } then { ${then}; community [${MARK}]; } }`, router)
}

/** Waits for what the flow agent has in the kernel. */
export async function flowState(
  lab: Lab,
  what: string,
  isSo: (state: FlowAgentState) => boolean,
  router = FLOW,
): Promise<FlowAgentState> {
  return await eventually(what, 20_000, async () => {
    const state = await askFlowAgent(lab.runtimeFolder, router).catch(() => undefined)
    return state?.inStep === true && isSo(state) ? state : undefined
  })
}

/** The blackholes that a router's kernel got from its BGP daemon. */
export async function kernelBlackholes(lab: Lab, router: string, family: Family): Promise<string[]> {
  const protocol = nodeOf(lab.topology, router).kind === 'bird-router' ? 'bird' : 'bgp'
  const { stdout } = await lab.exec(router, [
    ...['ip', `-${family}`, 'route', 'show', 'type', 'blackhole', 'proto', protocol],
  ])
  return stdout.split('\n').flatMap((line) => /^\s*blackhole (\S+)/.exec(line)?.[1] ?? [])
}
