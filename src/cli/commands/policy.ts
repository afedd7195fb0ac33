import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Act } from '../act.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { clean } from '../output/clean.ts'
import type { Session } from '../session.ts'
import { addReplay } from './policy-replay.ts'

const FOLDER = 'policies/rules'

export function addPolicy(program: Command, act: Act): void {
  const policy = program
    .command('policy')
    .description('the rules that decide about triggers, on this machine')
  policy
    .command('test')
    .description(
      'run the examples of a policy, or of all in a folder; exit 1 if one fails or a rule is never hit',
    )
    .argument('[path]', 'a policy, or a folder of them', FOLDER)
    .action(act(test))
  policy
    .command('explain')
    .description('say what the policies of a folder make of a trigger, and why, rule by rule')
    .argument('<file>', 'JSON: the trigger, and what is given about its target, as in an example')
    .option('--policies <folder>', 'the policies', FOLDER)
    .action(act(explain))
  addReplay(policy, act)
}

async function test({ io, out }: Session, [path = FOLDER]: readonly string[]): Promise<ExitCode> {
  const { testPolicies } = await import('../local/policy-test.ts')
  const { policies, problems } = await testPolicies(resolve(io.cwd, path))
  const failures = [...problems, ...policies.flatMap((one) => one.failures)]
  const unhit = policies.flatMap((one) =>
    one.unhit.map((rule) => `${one.file}: no example hits the rule ${rule}`),
  )
  out.show({
    value: { policies, problems },
    text: () => [...failures, ...unhit].map((line) => `${clean(line)}\n`).join(''),
    names: () => policies.map((one) => one.policy),
  })
  const examples = policies.reduce((sum, one) => sum + one.examples, 0)
  const isGood = failures.length + unhit.length === 0 && policies.length > 0
  out.note(
    `${policies.length} policies, ${examples} examples: ${failures.length} failures, ${unhit.length} rules never hit`,
    isGood ? 'good' : 'bad',
  )
  return isGood ? EXIT.ok : EXIT.no
}

async function explain(
  { io, out }: Session,
  [file = '']: readonly string[],
  { policies }: { readonly policies: string },
): Promise<ExitCode> {
  const { explainCase } = await import('../local/policy-explain.ts')
  const explained = await explainCase(resolve(io.cwd, policies), resolve(io.cwd, file))
  if (!explained.ok) {
    out.show({
      value: { problems: explained.problems },
      text: () => explained.problems.map((line) => `${clean(line)}\n`).join(''),
      names: () => [],
    })
    return EXIT.failure
  }
  const { decision, simulated, steps } = explained.decided
  out.show({
    value: explained.decided,
    names: () => (decision === undefined ? [] : [`${decision.policy}/${decision.rule ?? ''}`]),
    text: () =>
      [
        ...steps.map(
          ({ policy, rule, outcome }) => `${rule === undefined ? policy : `${policy}/${rule}`} ${outcome}`,
        ),
        ...simulated.map(({ policy, verdict, why }) => `${policy} is tried out and would ${verdict}: ${why}`),
      ]
        .map((line) => `${clean(line)}\n`)
        .join(''),
  })
  out.note(
    decision === undefined ? 'no policy has a rule for it' : `${decision.verdict}: ${decision.why}`,
    decision?.verdict === 'block' ? 'bad' : 'good',
  )
  return decision === undefined ? EXIT.no : EXIT.ok
}
