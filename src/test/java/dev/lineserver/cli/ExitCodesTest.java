package dev.lineserver.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The exit codes of commands are those that {@code errors.md} lists. */
final class ExitCodesTest {
    private static final Pattern CODES = Pattern.compile("(?m)^\\| (\\d+(?:, \\d+)*) \\|");
    /** A process that SIGHUP, SIGINT or SIGTERM has ended exits with 128 and the number of the signal. */
    private static final List<Integer> OF_SIGNALS = List.of(128 + 1, 128 + 2, 128 + 15);

    @TempDir
    Path directory;

    private int run(String... args) {
        return LineServerCommand.run(
                OutputStream.nullOutputStream(),
                new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8),
                args);
    }

    @Test
    void theTableHasTheCodesOfSuccessFailureUsageAndSignals() throws IOException {
        String section = Files.readString(Path.of("src/docs/errors.md")).split("\n## ", 4)[2];
        List<Integer> documented = CODES.matcher(section)
                .results()
                .flatMap(row -> Pattern.compile(", ").splitAsStream(row.group(1)))
                .map(Integer::valueOf)
                .distinct()
                .toList();
        int failure = run("ingest", directory.resolve("none").toString(), "--data-dir=" + directory.resolve("data"));
        assertEquals(List.of(run("--help"), failure, run("ingest")), documented.subList(0, 3));
        assertEquals(OF_SIGNALS, documented.subList(3, documented.size()));
    }
}
