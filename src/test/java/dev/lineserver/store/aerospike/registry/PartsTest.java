package dev.lineserver.store.aerospike.registry;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild.Chunk;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests who may join the processes that store a version together, and how they take over from each other. */
final class PartsTest extends RegistryTest {
    private static final Content CONTENT = new Content(2, 20, new ContentDigest(1, 2), 9, true);

    private static BuildRequest request(boolean resume, boolean hold) {
        return new BuildRequest(
                NAME,
                "/texts/a",
                new BuildRequest.SourceFile(Path.of("/texts/a"), new FileStamp(20, Instant.EPOCH, Instant.EPOCH, 1)),
                false,
                0,
                hold,
                LinesPerRecord.ONE,
                false,
                resume);
    }

    private HeldPart join(String part, boolean resume) throws StoreException {
        return here.builds()
                .join(request(resume, false), IngestPart.parse(part), CONTENT, 1_000)
                .orElseThrow();
    }

    private void assertRefused(String part, Content content, boolean resume, String... words) {
        StoreFailedException refused = assertThrows(
                StoreFailedException.class,
                () -> here.builds().join(request(resume, false), IngestPart.parse(part), content, 1_000));
        for (String word : words) {
            assertTrue(refused.getMessage().contains(word), refused.getMessage());
        }
    }

    private static void store(HeldPart part) throws StoreException {
        assertTrue(part.claim().isPresent());
        part.finish(0);
    }

    @Test
    void twoPartsShareASetAndTheLastOnePublishes() throws Exception {
        HeldPart first = join("1/2", false);
        HeldPart second = join("2/2", false);
        assertEquals(first.set(), second.set());
        assertEquals(Optional.of(new Chunk(0, 1)), first.claim());
        assertEquals(Optional.of(new Chunk(0, 1)), first.claim(), "a claim is kept");
        assertEquals(Optional.of(new Chunk(1, 2)), second.claim());
        second.finish(0);
        first.finish(3);
        assertEquals(Optional.empty(), first.claim(), "the publication");
        Manifest manifest = first.publish(CONTENT, "a layout");
        assertEquals(CONTENT, manifest.content());
        assertEquals(Optional.empty(), second.claim());
        assertEquals(Optional.of(manifest), second.published());
        assertEquals(5, registry.read().dataset("sample").published().getFirst().records());
        assertEquals(LineSet.SetState.LIVE, registry.state(first.set().name()));
        second.leave();
        first.leave();
        assertEquals(List.of(), here.builds().list());
        assertEquals(List.of(), registry.truncated);
    }

    @Test
    void aLatePartFindsTheVersion() throws Exception {
        HeldPart only = join("1/2", false);
        store(only);
        store(only);
        assertEquals(Optional.empty(), only.claim());
        Manifest manifest = only.publish(CONTENT, "a layout");
        only.leave();
        assertEquals(
                Optional.empty(), here.builds().join(request(false, false), IngestPart.parse("2/2"), CONTENT, 1_000));
        assertEquals(1, manifest.version());
        HeldPart held = here.builds()
                .join(request(false, true), IngestPart.parse("1/2"), CONTENT, 1_000)
                .orElseThrow();
        store(held);
        store(held);
        assertEquals(2, held.publish(CONTENT, "a layout").version());
        assertEquals(
                Optional.empty(), here.builds().join(request(false, true), IngestPart.parse("2/2"), CONTENT, 1_000));
    }

    /** The set of the version may have been given to another one before the part continues. */
    @Test
    void aPartThatWasSuspendedDoesNotTakeAnotherVersionForItsOwn() throws Exception {
        HeldPart stopped = join("1/2", false);
        HeldPart other = join("2/2", false);
        store(other);
        store(other);
        assertEquals(Optional.empty(), other.claim());
        other.publish(CONTENT, "a layout");
        publish(here);
        advance(GRACE);
        here.maintenance().sweep();
        assertEquals(stopped.set().name(), publish(here).name());
        assertThrows(StoreUnavailableException.class, stopped::claim);
    }

    @Test
    void theChunkOfADeadPartIsClaimedByAnother() throws Exception {
        HeldPart dead = join("1/2", false);
        HeldPart alive = join("2/2", false);
        assertTrue(dead.claim().isPresent());
        store(alive);
        advance(LEASE.dividedBy(2));
        alive.lease().renew();
        advance(LEASE.dividedBy(2));
        assertEquals(Optional.of(new Chunk(0, 1)), alive.claim());
        BuildStatus build = here.builds().list().getFirst();
        assertEquals(
                List.of(false, true),
                build.parts().stream().map(BuildStatus.PartStatus::running).toList());
        assertEquals(
                List.of(0L, 1L),
                build.parts().stream().map(BuildStatus.PartStatus::lines).toList());
        // It was suspended, and continues: it stores the same bytes, and may say so.
        dead.finish(0);
        alive.finish(0);
        assertEquals(Optional.empty(), alive.claim());
        alive.publish(CONTENT, "a layout");
        assertEquals(Optional.empty(), dead.claim());
        assertEquals(1, dead.ownLines());
        assertEquals(1, alive.ownLines(), "without the chunk that the other one has finished before");
    }

    @Test
    void aPartThatLeavesGivesItsChunkBackAtOnce() throws Exception {
        HeldPart first = join("1/2", false);
        HeldPart second = join("2/2", false);
        assertTrue(first.claim().isPresent());
        first.leave();
        assertEquals(Optional.of(new Chunk(0, 1)), second.claim());
        second.lease().requireValid();
        assertTrue(here.builds().list().getFirst().running());
        second.leave();
        assertEquals(List.of(), here.builds().list(), "nothing is stored");
        assertEquals(LineSet.SetState.FREE, registry.state(first.set().name()), "and nothing is kept");
    }

    @Test
    void anUnfinishedBuildIsResumedByItsParts() throws Exception {
        HeldPart first = join("1/2", false);
        store(first);
        assertTrue(first.claim().isPresent());
        first.leave();
        BuildStatus unfinished = here.builds().list().getFirst();
        assertEquals(1, unfinished.stored().lineIndex());
        assertEquals(10, unfinished.stored().byteOffset());
        assertRefused("2/2", CONTENT, false, "--part I/2 --resume", "--restart", "1 line of it is stored");
        assertRefused("2/3", CONTENT, true, "which has 2 parts");
        assertRefused("2/2", new Content(2, 20, new ContentDigest(1, 3), 9, true), true, "not the file of the other");
        StoreFailedException plain =
                assertThrows(StoreFailedException.class, () -> here.builds().begin(request(true, false)));
        assertTrue(plain.getMessage().contains("has 2 parts"), plain.getMessage());
        HeldPart resumed = join("2/2", true);
        assertEquals(first.set(), resumed.set());
        assertEquals(1, resumed.storedLines());
        assertEquals(1, resumed.resumedLines());
        assertEquals(Optional.of(new Chunk(1, 2)), resumed.claim());
        HeldPart second = join("1/2", true);
        assertEquals(0, second.resumedLines(), "the first one has resumed the build");
        assertEquals(0, second.ownLines(), "an earlier process of this part has stored a line");
        second.leave();
    }

    @Test
    void aBuildOfOneProcessHasNoParts() throws Exception {
        HeldBuild build = here.builds().begin(request(false, false));
        assertRefused("1/2", CONTENT, false, "ingested already, and not in parts");
        build.suspend(new StoredPrefix(1, 10, "ab", 1, 1, false, 1_000));
        assertRefused("1/2", CONTENT, true, "which has no parts");
    }

    @Test
    void aPartHasOneProcess() throws Exception {
        HeldPart first = join("1/2", false);
        assertRefused("1/2", CONTENT, false, "part 1/2 of sample is being stored already, by process", "30 s");
        assertTrue(first.claim().isPresent());
        first.leave();
        HeldPart successor = join("2/2", false);
        HeldPart again = join("1/2", false);
        assertThrows(StoreUnavailableException.class, () -> first.finish(0));
        assertTrue(again.claim().isPresent());
        assertTrue(successor.claim().isPresent());
        assertThrows(StoreFailedException.class, () -> here.builds().begin(request(false, false)));
    }

    @Test
    void lostRecordsAreWrittenAgain() throws Exception {
        HeldPart only = join("1/1", false);
        store(only);
        store(only);
        assertEquals(Optional.empty(), only.claim());
        only.lose(1);
        only.leave();
        HeldPart again = join("1/1", true);
        assertEquals(Optional.of(new Chunk(1, 2)), again.claim());
        assertEquals(1, again.resumedLines());
        advance(Duration.ofSeconds(1));
        again.lose(0);
        assertEquals(0, again.resumedLines());
        assertEquals(0, here.builds().list().getFirst().bytesPerSecond());
        assertEquals(Optional.of(new Chunk(0, 1)), again.claim());
    }

    @Test
    void aDiscardedBuildEndsItsParts() throws Exception {
        HeldPart suspended = join("1/2", false);
        store(suspended);
        advance(LEASE);
        assertTrue(here.builds().discard(NAME));
        assertThrows(StoreUnavailableException.class, () -> suspended.finish(0));
        assertThrows(StoreUnavailableException.class, () -> suspended.lease().requireValid());
        suspended.leave();
        assertEquals(List.of(), here.builds().list());
    }
}
