import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import type { Device, DeviceMaker } from '../../configured/device.ts'
import { NetconfDevice, readable } from '../netconf-device.ts'
import { FULL, Profile } from '../profile.ts'
import { childOf, type Element, parseXml, plainElement } from '../xml.ts'
import { compileJunos } from './compile.ts'
import { configurationRpcs } from './configuration-rpcs.ts'
import { JUNOS } from './dialect.ts'
import { SCHEMA } from './schema.ts'
import { editsOf } from './set-lines.ts'
import { JUNOS_NS, STATE_RPCS } from './state-rpcs.ts'

const Options = Type.Object(
  {
    /** what differs from base:1.0, a shared candidate, confirmed-commit:1.0 and validate */
    profile: Type.Optional(Type.Partial(Profile)),
    /** left out: replies differ in all that means nothing */
    varies: Type.Optional(Type.Boolean()),
    /** left out: `re0` */
    routingEngines: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 2 })),
    /** ms of a minute of `commit confirmed`; left out: 60,000 */
    minuteMs: Type.Optional(Type.Integer({ minimum: 1 })),
  },
  { additionalProperties: false },
)

const isOptions = new Ajv().compile<Static<typeof Options>>(Options)

/** A router in the manner of Junos: its configuration, NETCONF, and the RPCs of its own. */
export const junosRouter: DeviceMaker = (ground, options): Device => {
  if (!isOptions(options)) throw new Error(`options: ${isOptions.errors?.[0]?.message ?? 'do not fit'}`)
  const { routingEngines = ['re0'], minuteMs = 60_000 } = options
  return new NetconfDevice({
    ground,
    profile: { ...FULL, base11: false, confirmedCommit: '1.0', ...options.profile },
    schema: SCHEMA,
    dialect: JUNOS,
    capabilities: ['http://xml.juniper.net/netconf/junos/1.0', 'http://xml.juniper.net/dmi/system/1.0'],
    operations: { ...configurationRpcs({ routingEngines, minuteMs }), ...STATE_RPCS },
    varies: options.varies ?? true,
    declaresXml: false,
    beforeHello: '<!-- No zombies were killed during the creation of this user interface -->\n',
    replyAttributes: { 'xmlns:junos': JUNOS_NS },
    confirmedByAnyone: true,
    compile: compileJunos,
    addState: async (running) => running,
    read: configIn,
    write: readable,
  })
}

/** Lines of commands, or `<configuration>`, as one edit; several lines are the parts of it, in order. */
function configIn(text: string): Element {
  if (!text.trim().startsWith('<')) {
    return plainElement('config', { children: editsOf(text).flatMap(({ children }) => children) })
  }
  const root = parseXml(text)
  return childOf(root, 'configuration') === undefined ? plainElement('config', { children: [root] }) : root
}
