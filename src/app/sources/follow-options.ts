/** What following needs beside the app. */
export interface FollowOptions {
  /** What is behind `file:PATH` or `env:NAME`. */
  secret(reference: string): Promise<string>
  /** How Cordon calls itself, as `cordon/1.2.3`. */
  readonly userAgent: string
}
