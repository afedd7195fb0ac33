/** A command that the router understood and does not do; the message is what it answers, in its own words. */
export class Refused extends Error {
  override readonly name = 'Refused'
}
