using System.CommandLine;

namespace PodPool.Cli.CommandLine;

/// <summary><c>podpool completion</c>: a script for the shell, which asks <c>podpool [suggest]</c> at every Tab.</summary>
internal sealed class CompletionCommand : Verb
{
    private static readonly Argument<string> Shell = new Argument<string>("SHELL") { Description = "bash, zsh, fish or pwsh" }
        .Only("bash", "zsh", "fish", "pwsh");

    public CompletionCommand()
        : base("completion", "Print a script that completes podpool's verbs, options and function names in a shell.") => Add(Shell);

    private protected override Task<int> RunAsync(VerbContext context, CancellationToken cancellationToken)
    {
        context.Terminal.Out.Write(context.Require(Shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => PowerShell,
        });
        return Task.FromResult(ExitCode.Ok);
    }

    private const string Bash = """
        # eval "$(podpool completion bash)"
        _podpool() {
          local IFS=$'\n'
          COMPREPLY=($(podpool "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -F _podpool podpool

        """;

    private const string Zsh = """
        # eval "$(podpool completion zsh)"
        _podpool() {
          local -a found
          found=("${(@f)$(podpool "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -- ${found}
          (( ${#found} )) || _files
        }
        compdef _podpool podpool

        """;

    private const string Fish = """
        # podpool completion fish | source
        complete -c podpool -a '(podpool "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'

        """;

    private const string PowerShell = """
        # podpool completion pwsh | Out-String | Invoke-Expression
        Register-ArgumentCompleter -Native -CommandName podpool -ScriptBlock {
          param($word, $line, $position)
          podpool "[suggest:$position]" "$line" 2>$null | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
        }

        """;
}

/// <summary>Arguments that take one of a few words.</summary>
internal static class ChoiceArguments
{
    public static Argument<string> Only(this Argument<string> argument, params string[] words)
    {
        argument.AcceptOnlyFromAmong(words);
        return argument;
    }
}
