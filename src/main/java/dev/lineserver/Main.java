package dev.lineserver;

import io.quarkus.runtime.annotations.QuarkusMain;

import dev.lineserver.cli.LineServerCommand;

/** The entry point. Only {@code serve} starts Quarkus; the other verbs start faster and bind no port. */
@QuarkusMain
public final class Main {
    Main() {}

    /** Exits with 0 on success, 1 on failure, 2 on incorrect usage. */
    public static void main(String... args) {
        System.exit(LineServerCommand.run(args));
    }
}
