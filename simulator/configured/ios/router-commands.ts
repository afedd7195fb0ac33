import type { Cli, Reply, Run } from './cli.ts'
import type { Neighbour } from './config.ts'
import { subCommands } from './config-commands.ts'
import { editNeighbour } from './edits.ts'
import { Refused } from './refused.ts'

const NEIGHBOUR = 'neighbor {<peer:a4> | <peer:a6>}'

const setRemoteAs: Run = ({ change }, { peer = '', asn = '' }) => {
  change((config) => editNeighbour(config, peer, (before) => ({ isShut: false, ...before, remoteAs: asn })))
  return {}
}

export const ROUTER_COMMANDS = subCommands({
  'bgp log-neighbor-changes': () => ({}),
  [`${NEIGHBOUR} remote-as <asn:asn>`]: setRemoteAs,
  [`no ${NEIGHBOUR} [remote-as <asn:asn>]`]: ({ change }, { peer = '' }) => {
    change((config) => editNeighbour(config, peer, () => undefined))
    return {}
  },
  [`${NEIGHBOUR} description <text:rest>`]: (cli, { peer = '', text = '' }) =>
    edit(cli, peer, (one) => ({ ...one, description: text })),
  [`no ${NEIGHBOUR} description [<text:rest>]`]: (cli, { peer = '' }) =>
    edit(cli, peer, ({ description: _, ...one }) => one),
  [`${NEIGHBOUR} shutdown`]: (cli, { peer = '' }) => shut(cli, peer, true),
  [`no ${NEIGHBOUR} shutdown`]: (cli, { peer = '' }) => shut(cli, peer, false),
})

/** The first word of a neighbour must be its AS. */
function edit({ change }: Cli, peer: string, changed: (one: Neighbour) => Neighbour): Reply {
  change((config) =>
    editNeighbour(config, peer, (before) => {
      if (!before) throw new Refused('% Specify remote-as or peer-group commands first')
      return changed(before)
    }),
  )
  return {}
}

function shut(cli: Cli, peer: string, isShut: boolean): Reply {
  const { system } = cli
  const before = system.config.bgp?.neighbours.get(peer)?.isShut
  edit(cli, peer, (one) => ({ ...one, isShut }))
  if (system.config.bgp?.neighbours.get(peer)?.isShut === before) return {}
  system.log(`%BGP-5-ADJCHANGE: neighbor ${peer} ${isShut ? 'Down Admin. shutdown' : 'Up '}`)
  return {}
}
