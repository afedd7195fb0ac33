import type { Command } from 'commander'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

/** What can follow a command: its commands and options. The path is empty for the program itself. */
export interface Words {
  readonly path: readonly string[]
  readonly commands: readonly string[]
  readonly options: readonly string[]
}

/** Words of the whole command tree. */
export function wordsOf(program: Command): Words[] {
  const common = longOptions(program)
  const visit = (command: Command, path: readonly string[]): Words[] => {
    const here: Words = {
      path,
      commands: [
        ...command.commands.map((child) => child.name()),
        ...command.registeredArguments.flatMap((argument) => argument.argChoices ?? []),
      ],
      options: [...new Set([...longOptions(command), ...common, '--help'])].sort(),
    }
    return [here, ...command.commands.flatMap((child) => visit(child, [...path, child.name()]))]
  }
  return visit(program, [])
}

function longOptions(command: Command): string[] {
  return command.options.flatMap(({ long, hidden }) =>
    long === undefined || long === null || hidden ? [] : [long],
  )
}

export function completionScript(shell: Shell, words: readonly Words[]): string {
  switch (shell) {
    case 'bash':
      return bash(words)
    case 'zsh':
      // Zsh runs bash's completions by itself, so that there is one table and not two.
      return `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${bash(words)}`
    case 'fish':
      return fish(words)
  }
}

function bash(words: readonly Words[]): string {
  const cases = words.map(
    ({ path, commands, options }) =>
      `    '${path.join(' ')}') words='${commands.join(' ')}' options='${options.join(' ')}' ;;`,
  )
  const paths = words.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`)
  return `_cordon() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' next words='' options='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    next="\${path:+$path }\${COMP_WORDS[i]}"
    case "$next" in
    ${paths.join(' | ')}) path="$next" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  if [[ "$current" == -* ]]; then words="$options"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _cordon cordon
`
}

function fish(words: readonly Words[]): string {
  const lines = words.flatMap(({ path, commands, options }) => {
    const when = `-n '__cordon_at "${path.join(' ')}"'`
    return [
      ...commands.map((command) => `complete -c cordon ${when} -a '${command}'`),
      ...options.map((option) => `complete -c cordon ${when} -l '${option.slice(2)}'`),
    ]
  })
  const paths = words.filter(({ path }) => path.length > 0).map(({ path }) => `'${path.join(' ')}'`)
  return `function __cordon_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim -- "$path $word")
    contains -- "$next" ${paths.join(' ')}; and set path "$next"
  end
  test "$path" = "$argv[1]"
end
complete -c cordon -f
${lines.join('\n')}
`
}
