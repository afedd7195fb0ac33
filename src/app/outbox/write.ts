import type { Letter } from '../../domain/message.ts'
import type { App } from '../context.ts'
import type { Portion } from './gather.ts'

/** A message as it goes out; or why nobody can be told. */
export type Written =
  | { readonly by: 'mail'; readonly letter: Letter }
  | { readonly by: `webhook:${string}`; readonly body: string }
  | { readonly nobody: string }

/** Writes down what is told. */
export interface Writer {
  write(app: App, portion: Portion): Promise<Written>
}
