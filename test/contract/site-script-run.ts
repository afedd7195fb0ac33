// node --import tsx --test-reporter=…/law-lines.mjs test/contract/site-script-run.ts: runs the contract on a script.
import { describe } from 'node:test'
import { readSecret } from '../../src/config/secret.ts'
import { scriptLaws } from './laws-script.ts'
import { type ScriptSite, scriptFixture } from './site-script.ts'
import { adapterContract } from './suite.ts'

/** As `cordon adapter test` gives it. */
interface Given extends Omit<ScriptSite, 'secret'> {
  /** From which references to files go. */
  readonly folder: string
}

const { folder, ...given } = JSON.parse(process.env['CORDON_SITE_SCRIPT'] ?? '') as Given
const site: ScriptSite = { ...given, secret: (reference) => readSecret(reference, process.env, folder) }

describe('the protocol', () => scriptLaws(site))
adapterContract(scriptFixture(site))
