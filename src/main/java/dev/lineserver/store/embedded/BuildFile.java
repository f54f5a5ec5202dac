package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.ProcessIdentity;

/**
 * The progress of a build that copies its source: its file {@code build}, in the form of {@link ChecksummedJson}. All lines
 * that it counts are durable.
 *
 * @param layout {@link #LAYOUT}
 * @param source name of the source, for messages
 * @param sourceSize size of the source in bytes, before unpacking; negative if unknown
 * @param compressed true if the copy is compressed
 * @param lines number of lines that are stored
 * @param bytes their length in the text, with terminators
 * @param tableChecksum as {@link SeekTable#checksum(int)} of the blocks that are stored; 0 if the copy is not compressed
 * @param digest digest of the blocks of the source that contain these bytes; empty if there are none
 * @param startedAt when the version was begun
 * @param resumedAt when it was begun or resumed last
 * @param resumedFrom number of bytes that were stored at that time
 * @param activeAt last sign of life
 * @param holder the process that writes the version, as {@link ProcessIdentity} names it; null if it has suspended the build
 */
record BuildFile(
        String layout,
        String source,
        long sourceSize,
        boolean compressed,
        long lines,
        long bytes,
        int tableChecksum,
        String digest,
        Instant startedAt,
        Instant resumedAt,
        long resumedFrom,
        Instant activeAt,
        @JsonSetter(nulls = Nulls.SET) @Nullable String holder) {
    static final String NAME = "build";
    static final String LAYOUT = "embedded-build-1";

    /** Time for which the files of a build that has ended are kept. Until then, they take space on the disk. */
    private static final Duration MAX_AGE = Duration.ofHours(24);

    /** Checks the numbers and the digest. */
    BuildFile {
        if (lines < 0 || bytes < lines) {
            throw new IllegalArgumentException("it has " + lines + " lines in " + bytes + " bytes");
        }
        if (lines > 0) {
            ContentDigest _ = ContentDigest.parse(digest);
        }
    }

    /** Returns the progress of a build that has stored nothing. */
    static BuildFile begin(BuildRequest request) {
        Instant now = Instant.now();
        return new BuildFile(
                LAYOUT,
                request.sourceName(),
                request.sourceSize(),
                request.compress(),
                0,
                0,
                0,
                "",
                now,
                now,
                0,
                now,
                ProcessIdentity.newHolder());
    }

    /** Reads a file; fails as {@link ChecksummedJson#read} does. */
    static BuildFile read(Path file) throws IOException {
        return ChecksummedJson.read(file, BuildFile.class, "/layout", LAYOUT);
    }

    /** Returns the progress when this process continues the build. */
    BuildFile resume() {
        Instant now = Instant.now();
        return new BuildFile(
                LAYOUT,
                source,
                sourceSize,
                compressed,
                lines,
                bytes,
                tableChecksum,
                digest,
                startedAt,
                now,
                bytes,
                now,
                ProcessIdentity.newHolder());
    }

    /**
     * Returns the progress when more lines are stored.
     *
     * @param checksum as in {@link #tableChecksum}
     * @param owner as in {@link #holder}
     */
    BuildFile with(Checkpoint stored, int checksum, ContentDigest prefix, @Nullable String owner) {
        return new BuildFile(
                LAYOUT,
                source,
                sourceSize,
                compressed,
                stored.lineIndex(),
                stored.byteOffset(),
                checksum,
                prefix.toString(),
                startedAt,
                resumedAt,
                resumedFrom,
                Instant.now(),
                owner);
    }

    Checkpoint stored() {
        return new Checkpoint(lines, bytes);
    }

    /** Returns false if the build has ended so long ago that its files are removed. */
    boolean isKept() {
        return activeAt.plus(MAX_AGE).isAfter(Instant.now());
    }

    /** Returns false if the process that writes the version has certainly ended. */
    boolean mayRun() {
        return holder != null && !ProcessIdentity.hasEndedHere(holder);
    }

    BuildStatus status(DatasetName dataset, long version, boolean running) {
        return new BuildStatus(
                dataset,
                version,
                source,
                sourceSize,
                running,
                stored(),
                resumedFrom,
                startedAt,
                resumedAt,
                activeAt,
                List.of());
    }
}
