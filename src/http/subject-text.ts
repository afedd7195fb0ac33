import type { App } from '../app/context.ts'
import type { Binding, SubjectData } from '../app/subject/export-subject.ts'
import { auditEntry } from './audit-json.ts'
import { endText, timeText } from './block-json.ts'

/** A line of JSON each; the last one says that it is all. */
export async function* subjectText(
  app: App,
  about: string,
  { bindings, events }: SubjectData,
): AsyncGenerator<string> {
  yield line({ about, at: timeText(app.clock.now()) })
  for (const binding of bindings) yield line({ binding: bindingJson(binding) })
  let count = 0
  for await (const { recorded, held } of events) {
    count += 1
    yield line({ event: { ...auditEntry(app, recorded), held } })
  }
  yield line({ end: true, bindings: bindings.length, events: count })
}

function line(value: object): string {
  return `${JSON.stringify(value)}\n`
}

export function bindingJson({ session: _, from, until, ...rest }: Binding) {
  return { ...rest, from: timeText(from), until: endText(until) }
}
