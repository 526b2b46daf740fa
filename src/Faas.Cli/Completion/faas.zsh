#compdef faas
# Completion of faas for zsh. Use: source <(faas completion zsh), after compinit
_faas() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
    candidates=("${candidates[@]:#}")
    if (( ${#candidates} )); then
        compadd -a candidates
    else
        _files
    fi
}
compdef _faas faas
