# Lets fish complete command lines of yardmaster, which is asked at each Tab what may come.
# Made by `yardmaster completion fish`.

function __yardmaster_candidates
    set -l words (commandline -opc)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    set -l current (commandline -ct)
    for line in (command $program complete-words -- $words "$current" 2>/dev/null)
        if test $line = :files
            __fish_complete_path $current
        else
            echo $line
        end
    end
end

complete -c yardmaster -f -a '(__yardmaster_candidates)'
