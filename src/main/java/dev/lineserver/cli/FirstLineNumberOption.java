package dev.lineserver.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

import dev.lineserver.line.LineNumbers;

/** How lines are counted. */
final class FirstLineNumberOption {
    @Option(
            names = "--first-line-number",
            paramLabel = "0|1",
            description = "Number of the first line. Default: ${DEFAULT-VALUE}",
            defaultValue = "1")
    int first;

    @Spec(Spec.Target.MIXEE)
    CommandSpec spec;

    LineNumbers numbers() {
        try {
            return new LineNumbers(first);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage());
        }
    }
}
