import { writeSync } from 'node:fs'
import { answerControl } from './control-socket.ts'
import { MAKERS } from './makers.ts'
import { startRouter } from './router.ts'
import { checkSettings } from './settings.ts'

/** A router as a process of its own, in the network that it is started in; its settings are the one argument. */
const settings = checkSettings(JSON.parse(process.argv[2] ?? '{}'))
const make = MAKERS[settings.kind]
if (make === undefined) throw new Error(`no router of the kind ${settings.kind}`)
const router = await startRouter(settings, make, {
  log: (line) => {
    writeSync(2, `${settings.name}: ${line}\n`)
  },
})
// whoever waits for the socket finds a router that answers
if (settings.control !== undefined) answerControl(settings.control, router.control)
