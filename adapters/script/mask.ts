/** Shorter lines of a secret of several would hide what has nothing to do with it. */
const SHORTEST_LINE = 8

/** Takes secrets out of what is going to be read by people, also where they are written as URLs, JSON or base64 have them. */
export function maskOf(secrets: Iterable<string>): (text: string) => string {
  const forms = [...secrets].flatMap(formsOf)
  const longestFirst = [...new Set(forms)].sort((a, b) => b.length - a.length)
  return (text) => longestFirst.reduce((rest, form) => rest.replaceAll(form, '***'), text)
}

function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE)
  return [secret, secret.trim(), ...lines]
    .filter((plain) => plain !== '')
    .flatMap((plain) => [
      plain,
      encodeURIComponent(Buffer.from(plain).toString()),
      JSON.stringify(plain).slice(1, -1),
      Buffer.from(plain).toString('base64'),
    ])
}
