import { AdapterError } from '../adapter.ts'

/** Something was sent to a device, and nobody knows what became of it: only reading from a new session tells. */
export class Unanswered extends AdapterError {}
