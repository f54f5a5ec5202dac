package dev.lineserver.program;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs the built program. */
final class Program {
    private static final Path NATIVE = Path.of(System.getProperty("native.image.path", "target/line-server"));
    private static final Path JAR = Path.of("target/quarkus-app/quarkus-run.jar");

    private Program() {}

    /**
     * What came of a run.
     *
     * @param exitCode of the process
     * @param out standard output
     * @param err standard error
     */
    record Result(int exitCode, byte[] out, String err) {}

    static boolean isNative() {
        return Files.isExecutable(NATIVE);
    }

    /** A process that was started with the arguments, its output in files beside {@code log}. */
    static Process start(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        if (isNative()) {
            command.add(NATIVE.toAbsolutePath().toString());
        } else {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.add("--sun-misc-unsafe-memory-access=allow");
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("-jar");
            command.add(JAR.toAbsolutePath().toString());
        }
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(log.resolveSibling(log.getFileName() + ".out").toFile())
                .redirectError(log.resolveSibling(log.getFileName() + ".err").toFile());
        Map<String, String> environment = builder.environment();
        environment.keySet().removeIf(name -> name.startsWith("LINE_SERVER_") || name.startsWith("QUARKUS_"));
        return builder.start();
    }

    static Result run(Path log, String... arguments) throws Exception {
        Process process = start(log, arguments);
        if (!process.waitFor(2, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError("still running: " + List.of(arguments));
        }
        return new Result(process.exitValue(), Files.readAllBytes(out(log)), Files.readString(err(log)));
    }

    static Path out(Path log) {
        return log.resolveSibling(log.getFileName() + ".out");
    }

    static Path err(Path log) {
        return log.resolveSibling(log.getFileName() + ".err");
    }

    static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
