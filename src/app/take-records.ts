import { InputError } from '../domain/input-error.ts'
import type { TriggerInput } from '../domain/trigger.ts'
import { isOwn } from '../inventory/inventory.ts'
import type { FormatContext, Reading, TriggerFormat } from '../triggers/format.ts'
import { AppError, notFound } from './app-error.ts'
import type { App } from './context.ts'
import { asInvalid } from './prepare.ts'
import type { Caller } from './rights.ts'
import { type Taken, takeTriggers } from './take-triggers.ts'
import { requireRight } from './use-cases.ts'

/** What became of records in the form of a source. */
export interface TakenRecords {
  /** An answer for each trigger that was in them, in their order; of a record that cannot be read, one. */
  readonly items: readonly Taken[]
  /** What of them is about nobody of ours, with a sentence why. */
  readonly ignored: Reading['ignored']
}

/** Records in one request, at the most. */
const MOST_RECORDS = 1_000

/** Takes in records in the form of a source. @param name of the form @throws AppError */
export async function takeRecords(
  app: App,
  caller: Caller,
  name: string,
  records: readonly unknown[],
): Promise<TakenRecords> {
  requireRight(caller, 'takeTriggers')
  const format = app.triggers.formats.get(name)
  if (format === undefined)
    throw notFound(`form '${name}' of triggers; there are ${[...app.triggers.formats.keys()].join(', ')}`)
  if (records.length > MOST_RECORDS)
    throw new AppError(400, 'invalid', `${records.length} records; send at most ${MOST_RECORDS} at once`)
  const context = {
    now: app.clock.now(),
    isOwn: (prefix: Parameters<FormatContext['isOwn']>[0]) => isOwn(app.inventory, prefix),
  }
  const read = records.map((record) => readOne(format, record, context))
  const inputs = read.flatMap((one): readonly TriggerInput[] => (one instanceof AppError ? [] : one.triggers))
  const taken = (await takeTriggers(app, caller, name, inputs)).values()
  return {
    items: read.flatMap((one): Taken[] =>
      one instanceof AppError
        ? [{ ok: false, error: one }]
        : one.triggers.flatMap(() => taken.next().value ?? []),
    ),
    ignored: read.flatMap((one) => (one instanceof AppError ? [] : one.ignored)),
  }
}

function readOne(format: TriggerFormat, record: unknown, context: FormatContext): Reading | AppError {
  try {
    return format.read(record, context)
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    return asInvalid(error) as AppError
  }
}
