package dev.lineserver.store.embedded;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

import io.netty.channel.DefaultEventLoopGroup;
import io.netty.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class ChecksPerTurnTest {
    private static final String TEXT = "one\ntwo\nthree\n";

    @TempDir
    Path directory;

    private final DefaultEventLoopGroup loops = new DefaultEventLoopGroup(2);
    private EmbeddedStore store;
    private Path source;
    private Snapshot snapshot;

    @BeforeEach
    void open() throws Exception {
        source = Files.writeString(directory.resolve("source.txt"), TEXT);
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        store = EmbeddedStore.open(directory.resolve("data"), loops);
        snapshot = store.open(new Ingest(store, Progress.SILENT)
                .storeIfChanged(source.toString(), DatasetName.DEFAULT, false, false)
                .manifest());
    }

    @AfterEach
    void close() throws Exception {
        snapshot.close();
        store.close();
        Future<?> _ = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
    }

    private CompletableFuture<Lookup> lookup(long lineIndex) {
        return snapshot.lookup(lineIndex).toCompletableFuture();
    }

    private CompletableFuture<Lookup> onALoop(Supplier<CompletionStage<Lookup>> lookup) {
        return CompletableFuture.completedFuture(lookup).thenComposeAsync(Supplier::get, loops.next());
    }

    private static String text(CompletableFuture<Lookup> lookup) throws Exception {
        Lookup.Found found = assertInstanceOf(Lookup.Found.class, lookup.get());
        return new String(found.line(), StandardCharsets.UTF_8);
    }

    private static void assertRefused(CompletableFuture<Lookup> lookup) {
        ExecutionException e = assertThrows(ExecutionException.class, lookup::get);
        assertInstanceOf(StoreUnavailableException.class, e.getCause());
    }

    @Test
    void whatALoopReadsIsHandedOverOnThatLoopAtTheEndOfItsTurn() throws Exception {
        List<CompletableFuture<Lookup>> lookups = new ArrayList<>();
        List<Thread> handedOverOn = new ArrayList<>();
        Future<Thread> turn = loops.next().submit(() -> {
            for (int i = 0; i < 3; i++) {
                CompletableFuture<Lookup> lookup = lookup(i);
                assertFalse(lookup.isDone());
                lookups.add(lookup.whenComplete((_, _) -> handedOverOn.add(Thread.currentThread())));
            }
            return Thread.currentThread();
        });
        Thread loop = turn.get();
        assertEquals("one", text(lookups.get(0)));
        assertEquals("two", text(lookups.get(1)));
        assertEquals("three", text(lookups.get(2)));
        assertEquals(List.of(loop, loop, loop), handedOverOn);
    }

    @Test
    void aChangeBetweenAReadAndTheEndOfItsTurnRefusesAllOfTheTurnAndOnlyThose() throws Exception {
        List<CompletableFuture<Lookup>> lookups = new ArrayList<>();
        loops.next()
                .submit(() -> {
                    lookups.add(lookup(0));
                    Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
                    lookups.add(lookup(1));
                    return null;
                })
                .get();
        assertRefused(lookups.get(0));
        assertRefused(lookups.get(1));

        Files.writeString(source, TEXT);
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
        assertEquals("two", text(onALoop(() -> lookup(1))));
    }

    @Test
    void aLargeTurnIsHandedOverInParts() throws Exception {
        List<CompletableFuture<Lookup>> lookups = new ArrayList<>();
        Future<Integer> handedOver = loops.next().submit(() -> {
            while (lookups.isEmpty() || !lookups.getFirst().isDone()) {
                lookups.add(lookup(lookups.size() % 3));
            }
            int first = lookups.size();
            Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
            for (int i = 0; i < 3; i++) {
                lookups.add(lookup(i));
            }
            return first;
        });
        int first = handedOver.get(10, TimeUnit.SECONDS);
        assertEquals(32, first);
        for (int i = 0; i < first; i++) {
            assertEquals(TEXT.lines().toList().get(i % 3), text(lookups.get(i)));
        }
        lookups.subList(first, lookups.size()).forEach(ChecksPerTurnTest::assertRefused);
    }

    @Test
    void aLookupMadeWhileATurnIsHandedOverIsAnsweredInTheNext() throws Exception {
        assertEquals("three", text(onALoop(() -> lookup(0).thenCompose(_ -> lookup(2)))));
    }

    @Test
    void otherThreadsNeedNoTurn() throws Exception {
        CompletableFuture<Lookup> lookup = lookup(1);
        assertEquals(Lookup.Found.class, lookup.getNow(new Lookup.PastTheEnd(0)).getClass());
        assertEquals("two", text(lookup));
    }
}
