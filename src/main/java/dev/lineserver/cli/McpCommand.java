package dev.lineserver.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.mcp.McpServer;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.StoreException;

/**
 * Serves the Model Context Protocol on the standard streams: each line is a message. Nothing else is written to standard output.
 * Messages are answered one by one.
 */
@Command(
        name = "mcp",
        description = "Lets the language model of a program that starts this command read lines, by the Model Context"
                + " Protocol on standard input and output.")
final class McpCommand implements Verb {
    @Override
    public boolean run(CommandContext context) throws IOException, StoreException, InterruptedException {
        ServeConfig config = context.settings().serve();
        Duration timeout = config.http().lookupTimeout();
        try (Datasets datasets = new Datasets(
                context::openStoreToWatch, config.dataset(), config.http().versionCheckInterval())) {
            datasets.start();
            // The answers name the failures of the store.
            McpServer server = new McpServer(datasets, config.lineNumbers(), timeout, (_, _) -> {});
            InputStream in = new BufferedInputStream(System.in);
            ByteArrayOutputStream message = new ByteArrayOutputStream();
            while (readLine(in, message)) {
                byte[] answer = message.size() > McpServer.MAX_MESSAGE_BYTES
                        ? McpServer.tooLong()
                        : answer(server, message.toByteArray());
                if (answer != null) {
                    context.out().bytes(answer);
                    context.out().text("\n");
                    context.out().flush();
                }
            }
        }
        return true;
    }

    private static byte @Nullable [] answer(McpServer server, byte[] message) throws InterruptedException {
        return message.length == 0 ? null : server.answer(message, _ -> true);
    }

    /**
     * Reads a line into {@code to}, of a long one only as much as shows that it is too long.
     *
     * @return false at the end of the input
     */
    private static boolean readLine(InputStream in, ByteArrayOutputStream to) {
        to.reset();
        try {
            int next = in.read();
            if (next < 0) {
                return false;
            }
            for (; next >= 0 && next != '\n'; next = in.read()) {
                if (to.size() <= McpServer.MAX_MESSAGE_BYTES) {
                    to.write(next);
                }
            }
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException("standard input cannot be read: " + e.getMessage(), e);
        }
    }
}
