# Completion for bash. Commands and options come from the program itself.
_ashlar() {
  local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} index positional=()
  local options='--memory --durability --compression --log-archive --read-only --no-create --json --help --version'
  COMPREPLY=()

  case $previous in
    --durability) mapfile -t COMPREPLY < <(compgen -W 'disk process' -- "$word"); return ;;
    --compression) mapfile -t COMPREPLY < <(compgen -W 'none lz4 snappy zstd' -- "$word"); return ;;
    --memory) return ;;
    --log-archive)
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -d -- "$word")
      return ;;
  esac

  # positional: the database, the command, …
  for ((index = 1; index < COMP_CWORD; index++)); do
    case ${COMP_WORDS[index]} in
      --memory | --durability | --compression | --log-archive) ((index++)) ;;
      -*) ;;
      *) positional+=("${COMP_WORDS[index]}") ;;
    esac
  done

  # The commands that need no database may stand in its place.
  local alone='@(inspect|backups|restore|sim)' command=${positional[1]-}
  [[ ${positional[0]-} == $alone ]] && command=${positional[0]}

  if ((${#positional[@]} == 0)); then
    if [[ $word == -* ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    else
      compopt -o filenames
      mapfile -t COMPREPLY < <(
        compgen -d -- "$word"; compgen -W 'help inspect backups restore sim' -- "$word"
      )
    fi
  elif ((${#positional[@]} == 1)) && [[ ${positional[0]} != $alone ]]; then
    mapfile -t COMPREPLY < <(compgen -W "$(ashlar help --commands 2>/dev/null)" -- "$word")
  elif [[ $word == -* ]]; then
    mapfile -t COMPREPLY < <(
      compgen -W "$(ashlar help --options "$command" 2>/dev/null)" -- "$word"
    )
  else
    local words
    words=$(ashlar help --words "${positional[1]}" 2>/dev/null)
    if [[ -n $words ]]; then
      mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
      compopt -o filenames
      mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
  fi
}
complete -F _ashlar ashlar
