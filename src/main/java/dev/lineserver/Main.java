package dev.lineserver;

import io.quarkus.runtime.annotations.QuarkusMain;

import dev.lineserver.cli.LineServerCommand;

/** Runs a command. Only {@code serve} starts Quarkus, so that all others start at once and bind no port. */
@QuarkusMain
public final class Main {
    Main() {}

    /** Exits with 0 where all went well, 1 where something failed, 2 where the command was wrongly put. */
    public static void main(String... args) {
        System.exit(LineServerCommand.run(args));
    }
}
