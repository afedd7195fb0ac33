import { answersTo, type Request } from '../../domain/request.ts'

/** Whether what is due was not done in time, or the time is over. */
export function isLate({ kind, turn, clock, settled }: Request, now: number): boolean {
  return settled === undefined && turn === answersTo(kind) && clock.due !== null && clock.due <= now
}
