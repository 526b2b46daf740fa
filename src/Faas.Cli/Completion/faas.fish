# Completion of faas for fish. Use: faas completion fish > ~/.config/fish/completions/faas.fish
function __faas_complete
    set -l line (commandline -cp)
    faas "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete -c faas -a "(__faas_complete)"
