// What became of each law, as a line of JSON: for whoever runs the contract from outside.

/** @yields {string} `{"law": …, "result": "ok" | "not ok" | "not tried", "words": …}` */
export default async function* lawLines(events) {
  let last
  for await (const { type, data } of events) {
    const isLaw = (type === 'test:pass' || type === 'test:fail') && data.details?.type !== 'suite'
    // What a law could not try it says behind its end.
    const why = type === 'test:diagnostic' && /^this (fixture|script) /.test(data.message)
    if (why && last?.result === 'ok') last = { ...last, result: 'not tried', words: data.message }
    if (!isLaw) continue
    if (last !== undefined) yield lineOf(last)
    const words = type === 'test:pass' ? '' : wordsOf(data.details?.error)
    last = { law: data.name, result: type === 'test:pass' ? 'ok' : 'not ok', words }
  }
  if (last !== undefined) yield lineOf(last)
}

function lineOf(law) {
  return `${JSON.stringify(law)}\n`
}

function wordsOf(error) {
  const cause = error?.cause ?? error
  return String(cause?.message ?? cause)
}
