# Completion of faas for bash. Use: source <(faas completion bash)
_faas_complete() {
    local candidates
    candidates="$("${COMP_WORDS[0]}" "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)"
    local IFS=$'\n'
    COMPREPLY=($(compgen -W "${candidates}" -- "${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _faas_complete faas
