#compdef yardmaster
# Lets zsh complete command lines of yardmaster, which is asked at each Tab what may come.
# Made by `yardmaster completion zsh`.

_yardmaster() {
  local line
  local -a candidates
  local program=${words[1]/#\~/$HOME}
  for line in "${(@f)$("$program" complete-words -- "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    case $line in
      '') ;;
      :files) _files ;;
      *) candidates+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}") ;;
    esac
  done
  (( $#candidates )) && _describe yardmaster candidates
}

if [[ $funcstack[1] == _yardmaster ]]; then
  _yardmaster "$@"
else
  compdef _yardmaster yardmaster
fi
