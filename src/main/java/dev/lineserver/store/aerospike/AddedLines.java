package dev.lineserver.store.aerospike;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.StoredPrefix;

/** The lines that were added to a build so far, beside those that an unfinished build has stored. Used by one thread. */
final class AddedLines {
    private final StoredPrefix stored;
    private final ContentDigest.Prefix hashed = new ContentDigest.Prefix();
    private long hashedBytes;

    /** @param stored {@link StoredPrefix#NONE} if no build is resumed */
    AddedLines(StoredPrefix stored) {
        this.stored = stored;
    }

    /** Returns true if the records of a line need not be written. */
    boolean isStored(long lineIndex) {
        return lineIndex < stored.writtenLines();
    }

    /**
     * Adds the lines of a batch up to an offset.
     *
     * @param end offset in the source, in bytes; the end of a line, and not before the lines added so far
     */
    void add(LineBatch batch, long end) {
        int from = Math.toIntExact(batch.start(0) + hashedBytes - batch.firstByteOffset());
        hashed.add(batch.bytes(), from, Math.toIntExact(end - hashedBytes));
        hashedBytes = end;
    }

    ContentDigest digest() {
        return hashed.digest();
    }

    /**
     * Checks that the source begins with the stored lines. Called when as many lines were added, or at the end of the
     * source if it has no more.
     */
    void requireSame(ContentDigest digest) throws StoreFailedException {
        if (stored.lineCount() > 0 && !digest.toString().equals(stored.digest())) {
            throw BuildStatus.otherSource(stored.lineCount());
        }
    }
}
