import type { Rule } from '../../../src/domain/rule.ts'
import type { Device } from '../../../test/contract/suite.ts'
import { type HandSession, netconfByHand } from '../../../test/helpers/netconf-by-hand.ts'
import { type Netconfd, type NetconfdOptions, startNetconfd } from '../../../test/helpers/netconfd.ts'
import type { AdapterEnv } from '../../adapter.ts'
import { loginEnv } from '../../configured/testing/login-env.ts'
import type { NetconfConfig } from '../config.ts'

/** A data model on a server that holds it: what the suite needs to know of it, and the adapter does not tell. */
export interface Model {
  readonly driver: NetconfConfig['driver']
  /** Names of YANG modules, of `test/helpers/yang/` or of yuma123. */
  readonly modules: readonly string[]
  /** Interfaces that provisioning has to put the filters on, where the modules have interfaces. */
  readonly filterOn?: readonly string[]
  /** What a person would type to have the containers, as the content of `<config>`; it replaces all that is there. */
  readonly provisioned: string
  /** Things of a person's, in containers and beside them, as the content of `<config>`. */
  readonly foreign: string
  /** Found in the running configuration for as long as those stand. */
  readonly standing: readonly RegExp[]
  /** The rules of ours that a running configuration holds, read in another way than the driver's. */
  rulesIn(configuration: string): Rule[]
  /** Whether to try a server that does not answer: a deadline is waited for then, as long in every data model. */
  readonly stalls?: boolean
}

/** A netconfd and somebody else's session on it, for all the tests of a file. */
export interface Bench {
  readonly model: Model
  readonly server: Netconfd
  readonly other: HandSession
  /** Makes the containers anew and takes everything else away. */
  reset(): Promise<void>
  dispose(): Promise<void>
}

export async function startBench(
  model: Model,
  options: Pick<NetconfdOptions, 'behind'> = {},
): Promise<Bench> {
  const server = await startNetconfd(model.modules, options)
  let other = await netconfByHand(server).catch(async (error: unknown) => {
    await server.dispose()
    throw error
  })
  const reset = async (): Promise<void> => {
    try {
      await makeAnew(other, model)
    } catch {
      // A test has cut all sessions, this one too.
      await other.dispose()
      other = await netconfByHand(server)
      await makeAnew(other, model)
    }
  }
  return {
    ...{ model, server },
    get other() {
      return other
    },
    reset,
    dispose: async () => {
      await other.dispose()
      await server.dispose()
    },
  }
}

async function makeAnew(other: HandSession, { provisioned }: Model): Promise<void> {
  await other.rpc('<discard-changes/>')
  await other.edit(provisioned)
  await other.commit()
}

export function configFor({ server, model }: Bench): NetconfConfig {
  return {
    ...{ driver: model.driver, host: '127.0.0.1', port: server.port, username: server.username },
    ...{ privateKey: 'file:key', hostKeys: [server.hostKey] },
    ...(model.filterOn === undefined ? {} : { filterOn: [...model.filterOn] }),
  }
}

export function envFor({ server }: Bench): AdapterEnv {
  return loginEnv({ 'file:key': server.privateKey })
}

/** The device as the contract's suite needs it; it is the same server each time, made anew. */
export async function deviceOn(bench: Bench): Promise<Device<NetconfConfig>> {
  await bench.reset()
  const { server, model } = bench
  return {
    config: configFor(bench),
    env: envFor(bench),
    plantForeign: async () => {
      await bench.other.edit(model.foreign)
      await bench.other.commit()
    },
    foreignIntact: async () => {
      const text = await bench.other.running()
      return model.standing.every((pattern) => pattern.test(text))
    },
    truth: async () => model.rulesIn(await bench.other.running().catch(() => lookAnew(bench))),
    cut: async () => server.cut(),
    ...(model.stalls === true ? { stall: () => stopped(server.pid) } : {}),
    stop: async () => void process.kill(server.pid, 'SIGCONT'),
  }
}

async function stopped(pid: number): Promise<() => Promise<void>> {
  process.kill(pid, 'SIGSTOP')
  return async () => void process.kill(pid, 'SIGCONT')
}

async function lookAnew({ server }: Bench): Promise<string> {
  const client = await netconfByHand(server)
  try {
    return await client.running()
  } finally {
    await client.dispose()
  }
}
