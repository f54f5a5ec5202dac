package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.channels.ClosedByInterruptException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What an ingest asks of a store, in which order, and what it does if a check or the verification fails. */
final class IngestOptionsTest implements Progress {
    private static final DatasetName NAME = DatasetName.DEFAULT;
    private static final String HELD =
            "version 1 of dataset default is held, but not verified; run line-server verify with --version 1";

    @TempDir
    Path directory;

    private final RecordingStore store = new RecordingStore();
    private final List<String> notes = new ArrayList<>();
    private final List<String> updates = new ArrayList<>();
    private String file = "";

    @Override
    public void update(long position, long size, long lines) {
        updates.add(position + " of " + size + ", " + lines + " lines");
    }

    @Override
    public void note(String text) {
        notes.add(text);
    }

    @Override
    public Progress next(String task) {
        notes.add("next: " + task);
        return task.equals("check")
                ? (position, size, lines) -> updates.add("check: " + position + " of " + size + ", " + lines + " lines")
                : this;
    }

    @BeforeEach
    void write() throws Exception {
        write("one\ntwo\nthree\n");
    }

    private void write(String text) throws Exception {
        file = Files.writeString(directory.resolve("file"), text).toString();
    }

    private Ingest ingest() {
        return new Ingest(store, this);
    }

    private static IngestOptions options(boolean hold, PublicationChecks checks) {
        return new IngestOptions(
                NAME, false, false, 3, hold, LinesPerRecord.ONE, false, null, checks, IngestOptions.Unfinished.REFUSE);
    }

    private Plan plan(boolean copy, int keep) throws Exception {
        return new Planning(store, copy, keep, LinesPerRecord.ONE, false).ofWhole(List.of(file), this);
    }

    private static PublicationChecks expectLines(long count) {
        return new PublicationChecks(count, null, null);
    }

    private static PublicationChecks maxChange(String percent) {
        return new PublicationChecks(null, null, new BigDecimal(percent));
    }

    @Test
    void leftoversAreReclaimedBeforeTheStoreIsAskedForRoom() throws Exception {
        store.leftovers = List.of(new Leftover("_a", "its version was dropped", 41, "records"));
        store.plan = new Plan(List.of(), List.of("a warning"), List.of());
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        assertEquals(List.of("reclaim", "plan keep 3", "begin", "publish", "close"), store.calls);
        assertEquals(List.of("reclaimed 41 records of _a: its version was dropped", "a warning"), notes);
        BuildRequest request = store.lastRequest;
        assertNotNull(request);
        assertEquals(3, request.keep());
        assertFalse(request.hold());
        assertFalse(request.copy());
    }

    @Test
    void anIngestWithoutAPlanReclaimsToo() throws Exception {
        ingest().store(List.of(file), Ingests.options(NAME, false, true));
        assertEquals(List.of("reclaim", "begin", "publish", "close"), store.calls);
        store.calls.clear();
        write("other\n");
        ingest().storeIfChanged(List.of(file), Ingests.options(NAME, false, true));
        assertEquals(List.of("reclaim", "begin", "publish", "close"), store.calls);
    }

    @Test
    void aFailureToReclaimIsReportedAndDoesNotEndTheIngest() throws Exception {
        store.reclaimFailure = new StoreUnavailableException("the cluster is busy");
        assertTrue(ingest().store(List.of(file), options(false, PublicationChecks.NONE))
                .stored());
        assertEquals(List.of("leftovers cannot be reclaimed: the cluster is busy"), notes);
    }

    @Test
    void unchangedContentReclaimsAndStoresNothing() throws Exception {
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        store.calls.clear();
        assertFalse(ingest().storeIfChanged(List.of(file), options(false, expectLines(3)))
                .stored());
        assertEquals(List.of("reuse 1"), store.calls);
    }

    @Test
    void aFailedCheckPublishesNothing() throws Exception {
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        Manifest before = store.current;
        write("1\n2\n3\n4\n");
        for (boolean hold : new boolean[] {false, true}) {
            for (PublicationChecks checks : List.of(
                    expectLines(5), new PublicationChecks(4L, new ContentDigest(1, 2), null), maxChange("33.3"))) {
                store.calls.clear();
                SourceException failure =
                        assertThrows(SourceException.class, () -> ingest().store(List.of(file), options(hold, checks)));
                assertTrue(
                        failure.getMessage()
                                .matches("--(expect-lines|expect-digest|max-change): " + file
                                        + " has .*; nothing was published"),
                        failure.getMessage());
                assertEquals(List.of("reclaim", "plan keep 3", "begin", "close"), store.calls);
                assertSame(before, store.current);
            }
        }
        assertEquals(
                2,
                ingest().store(List.of(file), options(false, maxChange("33.4")))
                        .manifest()
                        .version());
    }

    @Test
    void checksApplyToContentThatIsStoredAlready() throws Exception {
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        SourceException failure = assertThrows(
                SourceException.class, () -> ingest().storeIfChanged(List.of(file), options(false, expectLines(4))));
        assertTrue(failure.getMessage().startsWith("--expect-lines: "), failure.getMessage());
    }

    @Test
    void aCurrentVersionThatCannotBeDescribedFailsTheCheckOfTheChangeOnly() throws Exception {
        store.currentFailure = new StoreFailedException("version 1 is damaged");
        StoreFailedException failure = assertThrows(
                StoreFailedException.class, () -> ingest().store(List.of(file), options(false, maxChange("10"))));
        assertEquals(
                "version 1 is damaged (leave out --max-change to store the source without this check)",
                failure.getMessage());
        assertFalse(store.calls.contains("publish"));
        assertTrue(ingest().store(List.of(file), options(false, expectLines(3))).stored());
    }

    @Test
    void aHeldVersionIsComparedWithItsSource() throws Exception {
        Ingest.Outcome outcome = ingest().store(List.of(file), options(true, PublicationChecks.NONE));
        assertEquals(new Ingest.Outcome(outcome.manifest(), true, true, true, Retries.NONE, Checkpoint.START), outcome);
        assertEquals(List.of("reclaim", "plan keep 3", "begin", "hold", "close", "open"), store.calls);
        assertEquals(List.of("next: verify"), notes);
    }

    @Test
    void aHeldVersionThatDiffersFromItsSourceIsDropped() {
        store.damages = true;
        StoreFailedException failure = assertThrows(
                StoreFailedException.class, () -> ingest().store(List.of(file), options(true, PublicationChecks.NONE)));
        assertEquals(
                "version 1 of dataset default was dropped, because it differs from its source: line 1 differs from byte 3 on;"
                        + " nothing was published; ingest the source again",
                failure.getMessage());
        assertEquals("drop 1", store.calls.getLast());
    }

    @Test
    void aHeldVersionThatCannotBeComparedStaysHeld() {
        StoreUnavailableException unreachable = new StoreUnavailableException("unreachable");
        store.openFailure = unreachable;
        assertSame(
                unreachable,
                assertThrows(
                        StoreUnavailableException.class,
                        () -> ingest().store(List.of(file), options(true, PublicationChecks.NONE))));
        assertEquals("open", store.calls.getLast());
        assertEquals(HELD, notes.getLast());
    }

    @Test
    void theStateSaysWhatIsPublished() throws Exception {
        Ingest ingest = ingest();
        assertEquals("nothing was published", ingest.state());
        ingest.store(List.of(file), options(false, PublicationChecks.NONE));
        assertEquals("version 1 of dataset default was published", ingest.state());
        ingest.storeIfChanged(List.of(file), options(false, PublicationChecks.NONE));
        assertEquals("nothing was published", ingest.state());
    }

    @Test
    void afterAnInterruptTheStateSaysWhatMayBeStored() {
        store.afterCommit = () -> {
            throw new InterruptedException();
        };
        for (boolean hold : new boolean[] {false, true}) {
            Ingest ingest = ingest();
            assertThrows(
                    InterruptedException.class,
                    () -> ingest.store(List.of(file), options(hold, PublicationChecks.NONE)));
            assertEquals(
                    "the version may have been " + (hold ? "stored" : "published")
                            + ", see line-server versions default",
                    ingest.state());
        }
    }

    @Test
    void anInterruptOfTheCommitKeepsWhatIsStored() {
        store.afterCommit = () -> {
            throw new InterruptedException();
        };
        Ingest ingest = ingest();
        assertThrows(
                InterruptedException.class, () -> ingest.store(List.of(file), options(false, PublicationChecks.NONE)));
        assertTrue(ingest.isSuspended() && store.calls.contains("suspend"));
    }

    @Test
    void anInterruptOfTheReadOfAPipeKeepsWhatIsStored() {
        InputStream interrupted = new BulkInputStream() {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                Thread.currentThread().interrupt();
                throw new ClosedByInterruptException();
            }
        };
        store.keeps = true;
        for (long lines : new long[] {0, 2}) {
            store.checkpoint = new Checkpoint(lines, 4 * lines);
            Source pipe = new Source("pipe", Compression.NONE, interrupted, null, null);
            Ingest ingest = ingest();
            assertThrows(SourceException.class, () -> ingest.store(pipe, options(false, PublicationChecks.NONE)));
            assertTrue(Thread.interrupted());
            assertTrue(ingest.isSuspended());
            assertEquals("nothing was published" + (lines > 0 ? "; 2 lines are stored" : ""), ingest.state());
        }
    }

    /** A cluster without room may get more, and hours of an ingest are not lost. */
    @Test
    void whatIsStoredIsKeptWhenTheStoreFails() {
        for (StoreException failure :
                List.of(new StoreUnavailableException("away"), new StoreFailedException("full"))) {
            store.commitFailure = failure;
            store.calls.clear();
            assertSame(
                    failure,
                    assertThrows(
                            StoreException.class,
                            () -> ingest().store(List.of(file), options(false, PublicationChecks.NONE))));
            assertEquals(List.of("reclaim", "plan keep 3", "begin", "suspend", "close"), store.calls);
            assertEquals("3 lines are stored; the same command with --resume continues there", notes.getLast());
        }
        notes.clear();
        store.resumedFrom = new Checkpoint(3, 14);
        assertThrows(
                StoreFailedException.class,
                () -> ingest().store(List.of(file), options(false, PublicationChecks.NONE)));
        assertFalse(notes.getLast().contains("--resume"), notes.getLast());
    }

    /** Lost lines that were replaced do not count until the source is known to be the same. */
    @Test
    void aBuildIsKeptAlthoughNoneOfItsLinesCounts() throws Exception {
        store.commitFailure = new StoreUnavailableException("away");
        store.checkpoint = Checkpoint.START;
        Ingest ingest = ingest();
        assertThrows(
                StoreUnavailableException.class,
                () -> ingest.store(List.of(file), options(false, PublicationChecks.NONE)));
        assertFalse(ingest.isSuspended());
        store.keeps = true;
        assertThrows(
                StoreUnavailableException.class,
                () -> ingest.store(List.of(file), options(false, PublicationChecks.NONE)));
        assertTrue(ingest.isSuspended());
        assertEquals("the unfinished ingest is kept; the same command with --resume continues it", notes.getLast());
    }

    @Test
    void countsInMessagesHaveGroupsOfThreeDigits() throws Exception {
        write("x\n".repeat(175_000));
        store.commitFailure = new StoreUnavailableException("away");
        store.resumedFrom = new Checkpoint(1_200, 2_400);
        assertThrows(
                StoreUnavailableException.class,
                () -> ingest().store(List.of(file), options(false, PublicationChecks.NONE)));
        assertEquals(
                List.of(
                        "continuing after 1,200 lines; they are read again to check that the source is the same",
                        "next: check",
                        "175,000 lines are stored; the same command with --resume continues there"),
                notes);
    }

    /** Otherwise nobody would know of the version. */
    @Test
    void afterAnInterruptOfItsVerificationTheStateNamesTheHeldVersion() {
        Ingest ingest = ingest();
        // Noticed by the first read of the verification.
        store.afterCommit = () -> Thread.currentThread().interrupt();
        assertThrows(Exception.class, () -> ingest.store(List.of(file), options(true, PublicationChecks.NONE)));
        boolean _ = Thread.interrupted();
        assertEquals(HELD, ingest.state());
        assertFalse(notes.contains(HELD), "the caller says it");
    }

    @Test
    void theStateNamesAHeldVersionThatDiffersAndCannotBeDropped() throws Exception {
        Ingest ingest = ingest();
        ingest.store(List.of(file), options(true, PublicationChecks.NONE));
        assertEquals("version 1 of dataset default is held and verified", ingest.state());
        store.damages = true;
        assertThrows(
                StoreFailedException.class, () -> ingest.store(List.of(file), options(true, PublicationChecks.NONE)));
        assertEquals("nothing was published", ingest.state());
        store.dropFailure = new StoreUnavailableException("unreachable");
        assertThrows(
                StoreUnavailableException.class,
                () -> ingest.store(List.of(file), options(true, PublicationChecks.NONE)));
        assertEquals(
                "version 2 of dataset default is held, but differs from its source;"
                        + " drop it with line-server drop default --version 2",
                ingest.state());
    }

    @Test
    void theProgressIsThatOfTheStore() throws Exception {
        store.checkpoint = new Checkpoint(1, 4);
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        assertEquals(List.of("4 of 14, 1 lines"), updates);
        byte[] packed = Archives.gzip("one\ntwo\nthree\n".getBytes(StandardCharsets.UTF_8));
        Files.write(Path.of(file), packed);
        updates.clear();
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        assertEquals(List.of(packed.length / 3 + " of " + packed.length + ", 1 lines"), updates);
        assertTrue(notes.getLast().contains("-compressed; unpacking it"), notes.getLast());
    }

    /** The store acknowledges nothing meanwhile, and the progress of the ingest would be none. */
    @Test
    void theStoredLinesThatAResumedIngestReadsAgainAreATaskOfTheirOwn() throws Exception {
        byte[] text = "one\n".repeat(3 * Limits.BLOCK_BYTES / 4).getBytes(StandardCharsets.US_ASCII);
        Files.write(Path.of(file), text);
        store.resumedFrom = new Checkpoint(Limits.BLOCK_BYTES / 2, 2 * Limits.BLOCK_BYTES);
        store.checkpoint = store.resumedFrom;
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        int lines = Limits.BLOCK_BYTES / 4;
        assertEquals(3, updates.size());
        assertTrue(updates.getFirst().startsWith("check: "), updates.getFirst());
        assertTrue(updates.getFirst().endsWith(" of " + 8 * lines + ", " + lines + " lines"), updates.getFirst());
        String ingested = 8 * lines + " of " + 12 * lines + ", " + 2 * lines + " lines";
        assertEquals(List.of(ingested, ingested), updates.subList(1, 3));

        Files.write(Path.of(file), Archives.gzip(text));
        updates.clear();
        ingest().store(List.of(file), options(false, PublicationChecks.NONE));
        assertTrue(updates.getFirst().matches("check: [0-9]+ of -1, " + lines + " lines"), updates.getFirst());
    }

    @Test
    void aPlanCountsACopyAndTheKeptVersions() throws Exception {
        plan(true, 4);
        plan(false, 0);
        assertEquals(List.of("plan keep 4", "plan keep 0"), store.calls);
        assertNotNull(store.lastShape);
        assertFalse(store.lastShape.copied());
        plan(true, 0);
        assertTrue(store.lastShape.copied());
        store.lastShape = null;
        ingest().store(List.of(file), Ingests.options(NAME, true, false));
        assertNotNull(store.lastShape);
        assertTrue(store.lastShape.copied());
        assertNotNull(store.lastRequest);
        assertTrue(store.lastRequest.copy());
    }
}
