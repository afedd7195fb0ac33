import { describe } from 'node:test'
import { IETF_MODEL, JUNOS_MODEL } from './testing/models.ts'
import { netconfdContract, skip } from './testing/netconfd-contract.ts'

// Each waits for a server of its own.
describe('netconf on netconfd', { skip, concurrency: 2 }, () => {
  for (const model of [JUNOS_MODEL, IETF_MODEL]) netconfdContract(model)
})
