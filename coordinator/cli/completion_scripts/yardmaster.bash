# Lets bash complete command lines of yardmaster, which is asked at each Tab what may come.
# Made by `yardmaster completion bash`.

_yardmaster() {
  local rest=${COMP_LINE:0:COMP_POINT} word i
  local -a words=()
  # bash also splits at = and @; what has no blank between belongs together.
  for ((i = 0; i <= COMP_CWORD; ++i)); do
    word=${COMP_WORDS[i]}
    local blanks=${rest%%[![:blank:]]*}
    rest=${rest#"$blanks"}
    ((i == COMP_CWORD)) && word=$rest
    if ((i > 0)) && [[ -z $blanks ]]; then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    rest=${rest#"$word"}
  done
  # Only the last part is replaced, which is $2 (but = itself stays).
  local current=${words[${#words[@]}-1]}
  local before=${current%"${2#=}"}
  COMPREPLY=()
  local candidate help
  while IFS=$'\t' read -r candidate help; do
    if [[ $candidate == :files ]]; then
      compopt -o default
    else
      COMPREPLY+=("${candidate#"$before"}")
    fi
  done < <("${words[0]/#\~/$HOME}" complete-words -- "${words[@]:1}" 2>/dev/null)
}

complete -F _yardmaster yardmaster
