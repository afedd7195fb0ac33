import { readFileSync, writeSync } from 'node:fs'
import { Ajv } from 'ajv'
import { type Static, Type } from 'typebox'
import { answerControl } from './control-socket.ts'
import { linkFile } from './link-file.ts'
import { MAKERS } from './makers.ts'
import { replaceFile } from './replace-file.ts'
import { startRouter } from './router.ts'

/** A router as a process of its own, in the network that it is started in. The rest is RouterSettings'. */
const Started = Type.Object({
  kind: Type.String(),
  name: Type.String(),
  /** what it starts with, and keeps what it shall start with next time */
  configurationFile: Type.String(),
  /** a Unix socket to be told faults on */
  control: Type.String(),
})

const isStarted = new Ajv().compile<Static<typeof Started>>(Started)

const given: unknown = JSON.parse(process.argv[2] ?? '{}')
if (!isStarted(given)) throw new Error(`settings: ${isStarted.errors?.[0]?.message ?? 'do not fit'}`)
const { configurationFile, control, ...settings } = given
const make = MAKERS[settings.kind]
if (make === undefined) throw new Error(`no router of the kind ${settings.kind}`)
const configuration = readFileSync(configurationFile, 'utf8')
const router = await startRouter({ users: [], plane: 'nft', ...settings, configuration }, make, {
  log: (line) => {
    writeSync(2, `${settings.name}: ${line}\n`)
  },
  keep: (text) => replaceFile(configurationFile, text),
  links: linkFile(`${configurationFile}.shut`),
})
// whoever waits for the socket finds a router that answers
answerControl(control, router.control)
