/** How nft is run on another host. */
export interface FarWay {
  /** As root, by sudo that asks nobody. */
  readonly sudo: boolean
  readonly namespace: string | undefined
}

/** Words that mean themselves to every shell. */
const WORD = /^[A-Za-z0-9_./:=-]+$/
/** Users' search paths leave out where nft is. */
const PATH = 'PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin'
/** No home for nft's history, and its words in English. */
const SURROUNDINGS = ['HOME=/dev/null', 'LC_ALL=C']
/** It gives a program another home, and a terminal that is `unknown`: where we may name neither, it refuses. */
const SUDO = ['sudo', '-n', ...SURROUNDINGS, 'TERM=dumb']

/**
 * The command line of one nft, for whichever shell the user has.
 * @throws RangeError for an argument that a shell might read otherwise
 */
export function farLine(way: FarWay, args: readonly string[]): string {
  return ['exec', 'env', PATH, ...SURROUNDINGS, ...nftWords(way, args)].join(' ')
}

/**
 * The command line of an nft that takes transactions. A shell passes on whole lines only: an interactive nft executes
 * what it has of a line when its input ends, and half of `delete rule … handle 123` deletes another rule.
 */
export function farTransactions(way: FarWay): string {
  const passOn = 'while IFS= read -r line; do printf "%s\\n" "$line"; done'
  const script = `${passOn} | exec ${nftWords(way, ['-i']).join(' ')}`
  return `exec env ${[PATH, ...SURROUNDINGS].join(' ')} sh -c '${script}'`
}

function nftWords({ sudo, namespace }: FarWay, args: readonly string[]): string[] {
  const words = [
    ...(sudo ? SUDO : []),
    ...(namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace]),
    ...['nft', ...args],
  ]
  const strange = words.find((word) => !WORD.test(word))
  if (strange !== undefined) throw new RangeError(`${strange} is no word for a shell`)
  return words
}
