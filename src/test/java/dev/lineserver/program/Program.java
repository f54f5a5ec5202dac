package dev.lineserver.program;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Starts and runs the built program. */
final class Program {
    /** Finds the address at which a server listens, in its log. A character follows, so that the message is complete. */
    static final Pattern LISTENING = Pattern.compile("listening at (https?://[^/\\s]+)/lines/[01](?=\\W)");

    private static final Path NATIVE = Path.of(System.getProperty("native.image.path", "target/line-server"));
    private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar");

    /**
     * Halves the CPU time of a start, of which the tests make hundreds: a simple compiler and collector, and an archive of
     * loaded classes that the first process writes when it ends.
     */
    private static final List<String> QUICK_START = List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-XX:+AutoCreateSharedArchive",
            "-XX:SharedArchiveFile=" + Path.of("target/program-tests.jsa").toAbsolutePath(),
            "-Xlog:disable");

    private Program() {}

    /**
     * The result of a run.
     *
     * @param exitCode exit code of the process
     * @param out bytes of standard output
     * @param err text of standard error
     */
    record Result(int exitCode, byte[] out, String err) {}

    static boolean isNative() {
        return Files.isExecutable(NATIVE);
    }

    private static List<String> command() {
        if (isNative()) {
            return List.of(NATIVE.toAbsolutePath().toString());
        }
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(QUICK_START);
        command.addAll(List.of(
                "--sun-misc-unsafe-memory-access=allow",
                "--enable-native-access=ALL-UNNAMED",
                "-jar",
                JAR.toAbsolutePath().toString()));
        return command;
    }

    /** Starts the program. Its output goes into files beside {@code log}. */
    static Process start(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(command());
        command.addAll(List.of(arguments));
        return start(log, command);
    }

    private static Process start(Path log, List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out(log).toFile()).redirectError(err(log).toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("LINE_SERVER_") || name.startsWith("QUARKUS_"));
        return builder.start();
    }

    static Result run(Path log, String... arguments) throws Exception {
        return result(start(log, arguments), log);
    }

    /** Runs a bash script in which {@code line-server} and the array {@code LINE_SERVER} are the program's command. */
    static Result runShell(Path log, String script) throws Exception {
        return result(startShell(log, script), log);
    }

    static Process startShell(Path log, String script) throws IOException {
        String program = command().stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
        return start(
                log,
                List.of(
                        "bash",
                        "-c",
                        "cd '" + log.getParent() + "'\nLINE_SERVER=(" + program
                                + ")\nline-server() { \"${LINE_SERVER[@]}\" \"$@\"; }\n" + script));
    }

    private static Result result(Process process, Path log) throws Exception {
        process.getOutputStream().close();
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("the process is still running: " + process.info());
        }
        return new Result(process.exitValue(), Files.readAllBytes(out(log)), Files.readString(err(log)));
    }

    /** Returns the text of a log, or the reason why it cannot be read yet. */
    static String text(Path log) {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    static Path out(Path log) {
        return log.resolveSibling(log.getFileName() + ".out");
    }

    static Path err(Path log) {
        return log.resolveSibling(log.getFileName() + ".err");
    }
}
