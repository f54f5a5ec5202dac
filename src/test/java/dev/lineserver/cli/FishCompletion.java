package dev.lineserver.cli;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Writes the completion script of the command line for fish, which picocli does not. */
final class FishCompletion {
    private final StringBuilder script = new StringBuilder();
    private final String program;

    private FishCompletion(String program) {
        this.program = program;
    }

    static String of(CommandLine command) {
        FishCompletion completion = new FishCompletion(command.getCommandName());
        completion.script.append("""
                # Completes the commands and options of line-server. Copy it into ~/.config/fish/completions.

                # True if the command is one of the arguments; without arguments, if there is none yet.
                function __line_server_command
                    set -l words (commandline -opc)
                    if test (count $argv) -eq 0
                        test (count $words) -eq 1
                    else
                        test (count $words) -gt 1; and contains -- $words[2] $argv
                    end
                end

                complete -c line-server -f
                """);
        command.getCommandSpec().options().forEach(option -> completion.add("", option));
        command.getSubcommands().forEach((verb, line) -> completion.add(verb, line.getCommandSpec()));
        return completion.script.toString();
    }

    private void add(String verb, CommandSpec spec) {
        script.append('\n');
        complete("", "-a " + verb, spec.usageMessage().description());
        spec.options().forEach(option -> add(verb, option));
        if (spec.positionalParameters().stream().anyMatch(FishCompletion::isFile)) {
            complete(verb, "-F", new String[0]);
        }
    }

    private void add(String verb, OptionSpec option) {
        for (String name : option.names()) {
            String words = name.startsWith("--") ? "-l " + name.substring(2) : "-s " + name.substring(1);
            complete(verb, words + value(option), option.description());
        }
    }

    /** Returns how the value of an option is completed. */
    private static String value(OptionSpec option) {
        if (option.arity().max() == 0) {
            return "";
        }
        if (isFile(option)) {
            return " -r -F";
        }
        if (option.paramLabel().equals("DIR")) {
            return " -x -a '(__fish_complete_directories)'";
        }
        // A label such as low|normal names the values; upper case stands for others.
        List<String> values = Arrays.stream(option.paramLabel().split("\\|", -1))
                .filter(value -> value.matches("[a-z0-9]+"))
                .toList();
        return values.isEmpty() ? " -x" : " -x -a " + quoted(String.join(" ", values));
    }

    private static boolean isFile(ArgSpec argument) {
        return argument.paramLabel().equals("FILE");
    }

    private void complete(String verb, String completion, String... description) {
        String condition = "__line_server_command" + (verb.isEmpty() ? "" : " " + verb);
        String words = Arrays.stream(description).collect(Collectors.joining(" "));
        // The first sentence is enough for one line of a menu.
        String first = words.replaceFirst("(?s)(?<=[a-z)]{2})[.;] .*|\\.$", "").replace("%%", "%");
        script.append("complete -c ").append(program).append(" -n ").append(quoted(condition));
        script.append(' ').append(completion);
        script.append(first.isEmpty() ? "" : " -d " + quoted(first)).append('\n');
    }

    private static String quoted(String text) {
        return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'";
    }
}
