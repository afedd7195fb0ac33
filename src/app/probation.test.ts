import assert from 'node:assert/strict'
import { it } from 'node:test'
import { makeApp } from '../../test/helpers/app.ts'
import { TRIGGER_POLICIES } from '../../test/helpers/trigger-policies.ts'
import { createBlocks } from './create-blocks.ts'
import { fileUnblock } from './requests/file.ts'
import { grantRequest } from './requests/settle.ts'
import { takeTriggers } from './take-triggers.ts'
import { authenticate } from './tokens.ts'

const MINUTE = 60_000

it('a policy blocks longer what a person had blocked and a request lifted not long ago', async (t) => {
  const app = await makeApp({ policies: TRIGGER_POLICIES })
  t.after(() => app.close())
  const person = authenticate(app, await app.root())
  const machine = authenticate(app, await app.token(['triggers:write', 'blocks:read'], 'automatic'))
  const detect = async (target: string): Promise<number> => {
    const [taken] = await takeTriggers(app, machine, 'cordon', [
      {
        ...{ id: target, revision: 1, kind: 'open', role: 'victim', category: 'dos.volumetric', target },
        detectedAt: new Date(app.clock.now()).toISOString(),
      },
    ])
    assert.ok(taken?.ok)
    const until = app.ledger.head.blocks.get(taken.block ?? 0)?.until ?? 0
    return Math.round((until - app.clock.now()) / MINUTE)
  }

  const target = '192.0.2.44'
  const [made] = (await createBlocks(app, person, [{ target, reason: 'x', duration: '1h' }], 'k44')).items
  assert.ok(made?.ok)
  const { id } = await fileUnblock(app, person, { block: made.block.id, text: 'clean' })
  await grantRequest(app, person, id, {})

  assert.deepEqual([await detect(target), await detect('192.0.2.45')], [60, 10])
})
