package dev.lineserver.cli;

import java.io.File;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.codegen.docgen.manpage.ManPageGenerator;

/**
 * Writes the completion scripts of the command line, one for Bash and Zsh and one for fish, and a page in AsciiDoc for each
 * command.
 */
public final class CommandPages {
    private static final int PAGE_WIDTH = 1_000;

    private CommandPages() {}

    /** Writes all of them to the directory that the only argument names. */
    public static void main(String... args) throws IOException {
        write(Path.of(args[0]));
    }

    static void write(Path directory) throws IOException {
        // Wide, so that picocli breaks no line of a synopsis; man breaks the lines.
        CommandLine command =
                LineServerCommand.commandLine().setUsageHelpAutoWidth(false).setUsageHelpWidth(PAGE_WIDTH);
        File pages = Files.createDirectories(directory.resolve("adoc")).toFile();
        // Without the removed commands, Bash completes the names of files if the script suggests nothing.
        String script = AutoComplete.bash("line-server", command)
                .replace("  type compopt &>/dev/null && compopt +o default\n\n", "");
        Files.writeString(directory.resolve("line-server.bash"), script);
        Files.writeString(directory.resolve("line-server.fish"), FishCompletion.of(command));
        Stream<CommandSpec> verbs = command.getSubcommands().values().stream().map(CommandLine::getCommandSpec);
        CommandSpec[] specs =
                Stream.concat(Stream.of(command.getCommandSpec()), verbs).toArray(CommandSpec[]::new);
        int failure = ManPageGenerator.generateManPage(pages, null, new boolean[0], false, specs);
        if (failure != 0) {
            throw new IOException("the pages of the commands could not be written to " + pages);
        }
        try (DirectoryStream<Path> written = Files.newDirectoryStream(pages.toPath(), "*.adoc")) {
            for (Path page : written) {
                Files.writeString(page, corrected(Files.readString(page)));
            }
        }
    }

    /** Corrects a page of picocli. AsciiDoc takes brackets before an underscore for a role of the emphasised text after them. */
    private static String corrected(String page) {
        return page.replace("[,…]_", "{startsb},…{endsb}_")
                .replace(":manmanual: Line-server Manual", ":manmanual: Line Server Manual");
    }
}
