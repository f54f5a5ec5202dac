package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.Snapshot;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Commands that read versions which other processes drop meanwhile, over an Aerospike node. */
final class KeepAliveTest {
    private static final List<String> DATASETS = List.of("got", "verified", "compared");

    @TempDir
    Path directory;

    /** Starts a command whose result is its exit code and what it printed on standard output. */
    private static CompletableFuture<String> start(FakeAerospikeNode node, String command) {
        List<String> arguments = new ArrayList<>(List.of(command.split(" ")));
        // An attempt of a lookup takes a third of the timeout, at most.
        arguments.addAll(List.of("--aerospike=" + node.address(), "--aerospike-timeout=180000"));
        return CompletableFuture.supplyAsync(
                () -> {
                    ByteArrayOutputStream out = new ByteArrayOutputStream();
                    PrintStream err = new PrintStream(System.err, true, StandardCharsets.UTF_8);
                    int exitCode = LineServerCommand.run(out, err, arguments.toArray(String[]::new));
                    return exitCode + " " + out.toString(StandardCharsets.UTF_8);
                },
                Thread::startVirtualThread);
    }

    private static CompletableFuture<String> startReader(FakeAerospikeNode node, String command) {
        int paused = node.pausedBatchReads();
        CompletableFuture<String> reader = start(node, command);
        await().until(() -> node.pausedBatchReads() > paused || reader.isDone());
        return reader;
    }

    private static void runForEach(FakeAerospikeNode node, String command) {
        List<CompletableFuture<String>> running =
                DATASETS.stream().map(dataset -> start(node, command + dataset)).toList();
        for (CompletableFuture<String> each : running) {
            assertEquals('0', each.join().charAt(0), each.join());
        }
    }

    /** After a signal the command's thread is interrupted, and the store must not be closed under a call all the same. */
    @Test
    void theEndWaitsForACallInFlight() throws Exception {
        CountDownLatch calling = new CountDownLatch(1);
        AtomicBoolean called = new AtomicBoolean();
        AtomicBoolean waited = new AtomicBoolean();
        Thread[] closing = new Thread[1];
        Snapshot snapshot = (Snapshot) Proxy.newProxyInstance(
                Snapshot.class.getClassLoader(), new Class<?>[] {Snapshot.class}, (_, _, _) -> {
                    calling.countDown();
                    await().until(() -> closing[0].getState() == Thread.State.TIMED_WAITING || !closing[0].isAlive());
                    called.set(true);
                    return null;
                });
        closing[0] = Thread.ofPlatform().unstarted(() -> {
            KeepAlive keepAlive = new KeepAlive(snapshot);
            assertDoesNotThrow(() -> calling.await());
            Thread.currentThread().interrupt();
            keepAlive.close();
            waited.set(called.get() && Thread.interrupted());
        });
        closing[0].start();
        closing[0].join();
        assertTrue(waited.get());
    }

    @Test
    void aVersionThatIsDroppedWhileACommandReadsItStaysReadable() throws Exception {
        Path first = Files.writeString(directory.resolve("first"), "a\nb\nc\n");
        Path second = Files.writeString(directory.resolve("second"), "a\nx\nc\n");
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            for (Path file : List.of(first, second)) {
                runForEach(node, "ingest --keep=2 " + file + " --dataset=");
            }
            node.pauseBatchReads();
            CompletableFuture<String> get = startReader(node, "get 1- --version=1 --dataset=got");
            CompletableFuture<String> verify = startReader(node, "verify --version=2 --dataset=verified " + second);
            CompletableFuture<String> diff = startReader(node, "diff compared 1 2");
            // Ends after it has deleted the lines that nobody holds.
            runForEach(node, "drop ");
            node.resumeBatchReads();
            assertEquals("0 a\nb\nc\n", get.join());
            assertEquals("0 dataset verified version 2 equals " + second + ": 3 lines, byte for byte\n", verify.join());
            assertEquals(
                    "1 line 2", Stream.of(diff.join().split("\n")).findFirst().orElseThrow());
        }
    }
}
