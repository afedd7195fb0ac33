import { Type } from 'typebox'
import { REQUEST_KINDS, REQUEST_STATES } from '../domain/request.ts'

export const REQUEST_STATE = Type.Enum([...REQUEST_STATES], {
  description: 'waiting: for the side that does not have to answer; its clock stands still.',
})
export const REQUEST_KIND = Type.Enum([...REQUEST_KINDS], {
  description: 'unblock: a block is to be lifted; logs: a department is asked for logs.',
})
export const DUE = Type.Unsafe<string | null>({
  type: ['string', 'null'],
  format: 'date-time',
  description: 'When the answer is due; null while the clock stands still, and when it is settled.',
})

/** What is asked about a block. */
export const REQUESTED = {
  requests: Type.Optional(
    Type.Array(
      Type.Object({
        id: Type.Integer(),
        name: Type.String({ description: 'Such as Cordon#1043.' }),
        kind: REQUEST_KIND,
        state: REQUEST_STATE,
        due: DUE,
      }),
      {
        description:
          'Requests about it that the caller may see, the oldest first: open ones, and those settled within 30 days.',
      },
    ),
  ),
}
