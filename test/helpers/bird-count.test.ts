import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { importedIn } from './bird-count.ts'

const TOLD = `2002-Name       Proto      Table      State  Since         Info
1002-cordon     BGP        ---        up     06:00:00.000  Established   
1006-  BGP state:          Established
     Neighbor address: 127.0.0.1
   Channel ipv4
     State:          UP
     Table:          master4
     Routes:         7 imported, 0 exported, 7 preferred
     Route change stats:     received   rejected   filtered    ignored   accepted
       Import updates:             12          0          5          0          7
   Channel ipv6
     State:          DOWN
     Table:          master6
   Channel flow4
     State:          UP
     Routes:         10000 imported, 0 exported, 10000 preferred
0000 
`

describe("BIRD's counters", () => {
  it('are those of the channel that is asked for, and none for one that is down or not there', () => {
    assert.equal(importedIn(TOLD, 'ipv4'), 7)
    assert.equal(importedIn(TOLD, 'ipv6'), 0)
    assert.equal(importedIn(TOLD, 'flow4'), 10_000)
    assert.equal(importedIn(TOLD, 'flow6'), 0)
    assert.equal(importedIn('1002-Channel ipv4\n1006-    Routes: 3 imported\n', 'ipv4'), 3)
  })
})
