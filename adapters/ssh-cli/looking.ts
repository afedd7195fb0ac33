import { AdapterError } from '../adapter.ts'
import { complaintIn } from '../transport/shell/platform.ts'
import type { Shell, ShellLimits } from '../transport/shell/shell.ts'
import { Unanswered } from '../transport/unanswered.ts'
import type { CliDriver } from './driver.ts'

/**
 * The answers to lines that change nothing.
 * @throws AdapterError when one is refused or not answered; never Unanswered, as nothing is in doubt by that
 */
export async function answersTo(
  lines: readonly string[],
  shell: Shell,
  { platform }: CliDriver,
  limits: ShellLimits,
): Promise<readonly (readonly string[])[]> {
  const answers: (readonly string[])[] = []
  try {
    for (const line of lines) answers.push((await shell.ask(line, limits)).lines)
  } catch (error) {
    if (error instanceof Unanswered) throw new AdapterError(error.class, error.message, error.code)
    throw error
  }
  const refused = complaintIn(answers.flat(), platform.errors)
  if (refused !== undefined) throw new AdapterError(refused.class, refused.words, 'look-refused')
  return answers
}

/**
 * As {@link answersTo}, but what is refused has no lines: it says that there is nothing of the kind.
 * @throws AdapterError `auth` when one may not be asked, or when one is not answered
 */
export async function answersIfAny(
  lines: readonly string[],
  shell: Shell,
  driver: CliDriver,
  limits: ShellLimits,
): Promise<readonly (readonly string[])[]> {
  const answers: (readonly string[])[] = []
  for (const line of lines)
    try {
      answers.push(...(await answersTo([line], shell, driver, limits)))
    } catch (error) {
      if (!(error instanceof AdapterError) || error.code !== 'look-refused' || error.class === 'auth')
        throw error
      answers.push([])
    }
  return answers
}
