import { Argument, Command } from 'commander';

type Shell = 'bash' | 'zsh' | 'fish';

/** `outrigger completion <shell>`: a script for the shell, made from the commands and their options. */
export function command(): Command {
  const completion = new Command('completion')
    .description('print a completion script, for `source <(outrigger completion bash)`')
    .addArgument(new Argument('<shell>').choices(['bash', 'zsh', 'fish']))
    .action((shell: Shell) => {
      const words = wordsOf(completion.parent ?? completion);
      process.stdout.write(scripts[shell](words));
    });
  return completion;
}

/** What may follow each command line: `''` → the commands, `manifest` → its own, and so on. */
export type Words = ReadonlyMap<string, readonly string[]>;

export function wordsOf(root: Command, path: readonly string[] = []): Words {
  const names = root.commands.map((child) => child.name());
  const flags = root.options.flatMap((option) => option.long ?? []);
  const choices = root.registeredArguments.flatMap((argument) => argument.argChoices ?? []);
  const words = new Map<string, readonly string[]>([
    [path.join(' '), [...names, ...choices, ...flags, '--help'].sort()],
  ]);
  for (const option of root.options) {
    // After an option its values follow; '-' has no words of its own, and files are offered instead.
    for (const flag of [option.long, option.short]) {
      if (flag && option.required) words.set([...path, flag].join(' '), option.argChoices ?? []);
    }
  }
  for (const child of root.commands) {
    // An alias is not offered, and completed where it was typed.
    for (const name of [child.name(), ...child.aliases()])
      for (const [key, value] of wordsOf(child, [...path, name])) words.set(key, value);
  }
  return words;
}

const scripts: Record<Shell, (words: Words) => string> = {
  bash: (words) => `${caseFunction(words)}
_outrigger() {
  local path="" word last="\${COMP_WORDS[COMP_CWORD-1]}" words
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) continue ;; esac
    [ -n "$(_outrigger_words "\${path:+$path }$word")" ] && path="\${path:+$path }$word"
  done
  case "$last" in
    -*) if words="$(_outrigger_words "\${path:+$path }$last")"; then
          COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
          return
        fi ;;
  esac
  COMPREPLY=($(compgen -W "$(_outrigger_words "$path")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _outrigger outrigger
`,
  zsh: (words) => `#compdef outrigger
${caseFunction(words)}
_outrigger() {
  local path="" word last="\${words[CURRENT-1]}"
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$word" in -*) continue ;; esac
    [ -n "$(_outrigger_words "\${path:+$path }$word")" ] && path="\${path:+$path }$word"
  done
  case "$last" in -*) _outrigger_words "\${path:+$path }$last" >/dev/null && path="\${path:+$path }$last" ;; esac
  compadd -- \${(f)"$(_outrigger_words "$path" | tr ' ' '\\n')"} || _files
}
compdef _outrigger outrigger
`,
  fish: (words) => {
    const top = words.get('') ?? [];
    const lines = [`complete -c outrigger -n __fish_use_subcommand -a '${top.filter(isName).join(' ')}'`];
    for (const [path, next] of words) {
      if (path === '' || !isName(path.split(' ').at(-1) ?? '')) continue;
      const seen = `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      lines.push(`complete -c outrigger -n '${seen}' -a '${next.join(' ')}'`);
    }
    return `${lines.join('\n')}\n`;
  },
};

function isName(word: string): boolean {
  return !word.startsWith('-');
}

function caseFunction(words: Words): string {
  const cases = [...words].map(([path, next]) => `    "${path}") echo "${next.join(' ')}" ;;`);
  return ['_outrigger_words() {', '  case "$1" in', ...cases, '    *) return 1 ;;', '  esac', '}'].join('\n');
}
