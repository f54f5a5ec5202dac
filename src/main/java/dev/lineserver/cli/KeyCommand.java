package dev.lineserver.cli;

import java.io.IOException;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.http.access.ApiKey;

/** Makes a key for a client of {@code serve --api-keys}. It stores nothing: the key is on standard output, and nowhere else. */
@Command(
        name = "key",
        description =
                "Makes a key for a client, and prints it once, and then the line for the file of serve --api-keys.")
final class KeyCommand implements Verb {
    @Parameters(
            paramLabel = "CLIENT",
            description = "Name of the client: up to 64 of A-Z, a-z, 0-9, '.', '_', '@' and '-'.")
    String client;

    @Option(
            names = "--datasets",
            paramLabel = "NAME[,NAME…]|*",
            defaultValue = "*",
            description = "Datasets that the client may read; * for all, the default.")
    String datasets;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException {
        ApiKey key = ApiKey.generate();
        String line;
        try {
            line = key.fileLine(client, datasets);
        } catch (IllegalArgumentException e) {
            throw new UsageException(String.valueOf(e.getMessage()));
        }
        if (json) {
            context.out().line(JsonObject.of("key", key.text(), "line", line).encode());
        } else {
            context.out().line(key.text());
            context.out().line(line);
        }
        return true;
    }
}
