package dev.lineserver.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/** Writes the completion script of the command line for Bash and Zsh, and a page in AsciiDoc for each command. */
public final class CommandPages {
    private CommandPages() {}

    /** Writes all of them to the directory that the only argument names. */
    public static void main(String... args) throws IOException {
        write(Path.of(args[0]));
    }

    static void write(Path directory) throws IOException {
        CommandLine command = LineServerCommand.commandLine();
        File pages = Files.createDirectories(directory.resolve("adoc")).toFile();
        Files.writeString(directory.resolve("line-server.bash"), AutoComplete.bash("line-server", command));
        Stream<CommandSpec> verbs = command.getSubcommands().values().stream().map(CommandLine::getCommandSpec);
        CommandSpec[] specs =
                Stream.concat(Stream.of(command.getCommandSpec()), verbs).toArray(CommandSpec[]::new);
        int failure = ManPageGenerator.generateManPage(pages, null, new boolean[0], false, specs);
        if (failure != 0) {
            throw new IOException("the pages of the commands could not be written to " + pages);
        }
    }
}
