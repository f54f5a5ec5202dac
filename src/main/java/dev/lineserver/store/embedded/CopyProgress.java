package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.FutureTask;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Await;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.StoreFailedException;

/**
 * Writes the store's own copy of the lines, and makes it durable as it grows, so that a later build can resume it:
 *
 * <pre>
 * lines or lines.zst   the copy
 * table                where the blocks of a compressed copy begin, for a build that resumes it
 * build                a {@link BuildFile}: how much of the copy is durable
 * </pre>
 *
 * <p>A build that resumes a copy adds all lines again. Those that are stored are not written, but their source is compared by
 * its digest. Used by one thread; another one makes the files durable meanwhile.
 */
final class CopyProgress implements AutoCloseable {
    /** The table of a copy that is not complete. */
    static final String TABLE = "table";

    private final Disk disk;
    private final Path file;
    private final FileChannel channel;
    /** Null unless the copy is compressed. */
    private final @Nullable FileChannel table;

    private final LinesCopy copy;
    /** The progress that this build resumes; no lines if it resumes none. */
    private final BuildFile begun;

    private ContentDigest.Tree blocks = new ContentDigest.Tree();
    private boolean verified;
    /** The ends of the batches that the file does not contain yet. */
    private final Queue<Checkpoint> added = new ArrayDeque<>();
    /** The end of the lines that the file contains. */
    private Checkpoint written;

    private @Nullable FutureTask<Integer> saving;
    /** End of the lines that were saved last, in the text. */
    private long savedEnd;
    /** Number of blocks whose entries are durable. */
    private int savedBlocks;

    private CopyProgress(
            Disk disk, Path file, FileChannel channel, @Nullable FileChannel table, LinesCopy copy, BuildFile begun) {
        this.disk = disk;
        this.file = file;
        this.channel = channel;
        this.table = table;
        this.copy = copy;
        this.begun = begun;
        verified = begun.lines() == 0;
        written = begun.stored();
        savedEnd = begun.bytes();
        savedBlocks = storedBlocks(begun);
    }

    /** Returns the number of blocks of a compressed copy that are stored. */
    private static int storedBlocks(BuildFile begun) {
        return begun.compressed() ? Math.toIntExact(begun.bytes() / SeekTable.BLOCK_BYTES) : 0;
    }

    /**
     * Opens the files of a copy.
     *
     * @param begun the stored lines; none for a new copy
     */
    static CopyProgress open(Disk disk, Path directory, BuildFile begun) throws IOException {
        boolean resumes = begun.lines() > 0;
        Path tableFile = directory.resolve(TABLE);
        SeekTable entries = resumes && begun.compressed() ? restore(tableFile, begun) : new SeekTable();
        long length = begun.compressed() ? entries.fileBytes() : begun.bytes();
        Path file = directory.resolve(begun.compressed() ? DatasetDirectory.COMPRESSED_LINES : DatasetDirectory.LINES);
        if (resumes) {
            requireLength(file, length);
        }
        FileChannel channel = resumes ? disk.reopen(file, length) : disk.create(file);
        FileChannel table = null;
        try {
            LinesCopy copy;
            if (begun.compressed()) {
                table = resumes ? disk.reopen(tableFile, tableBytes(storedBlocks(begun))) : disk.create(tableFile);
                copy = new CompressedCopy(bytes -> disk.write(channel, bytes), entries);
            } else {
                copy = new PlainCopy(bytes -> disk.write(channel, bytes), length);
            }
            // Before the build file: a power cut must not leave that alone.
            disk.forceDirectory(directory);
            return new CopyProgress(disk, file, channel, table, copy, begun);
        } catch (IOException e) {
            try (channel;
                    @Nullable FileChannel opened = table) {
                throw e;
            }
        }
    }

    private static SeekTable restore(Path file, BuildFile begun) throws IOException {
        int count = storedBlocks(begun);
        requireLength(file, tableBytes(count));
        SeekTable table = SeekTable.restore(file, count);
        if (table.checksum(count) != begun.tableChecksum()) {
            throw damaged(file, "is damaged");
        }
        return table;
    }

    private static void requireLength(Path file, long length) throws IOException {
        if (!Files.exists(file) || Files.size(file) < length) {
            throw damaged(file, "is too short");
        }
    }

    private static IOException damaged(Path file, String how) {
        return new IOException("the unfinished file " + file + " " + how + "; begin again with ingest --restart");
    }

    private static long tableBytes(int blocks) {
        return (long) blocks * SeekTable.UNFINISHED_ENTRY_BYTES;
    }

    Checkpoint resumedFrom() {
        return begun.stored();
    }

    /** Returns false while the lines that were added are fewer than those that this build resumes. */
    boolean isVerified() {
        return verified;
    }

    /** Does what {@link dev.lineserver.store.Build#readFrom} says. */
    void readFrom(ContentDigest.Tree source) {
        blocks = source;
    }

    /**
     * Adds the next lines.
     *
     * @throws StoreFailedException if they differ from those that this build resumes
     */
    void add(LineBatch batch) throws IOException, StoreFailedException, InterruptedException {
        long end = batch.firstByteOffset() + batch.byteCount();
        if (!verified && end >= begun.bytes()) {
            requireVerified();
            verified = true;
        }
        copy.add(batch.bytes(), batch.start(0), batch.byteCount());
        if (end > begun.bytes()) {
            added.add(new Checkpoint(batch.firstLineIndex() + batch.count(), end));
        }
        while (!added.isEmpty() && copy.contains(added.element().byteOffset())) {
            written = added.remove();
        }
        if (written.byteOffset() - savedEnd >= disk.checkpointBytes()) {
            save();
        }
    }

    /**
     * Checks that the source is that of the build that this one resumes.
     *
     * @throws StoreFailedException if its first lines differ, or not all of them were added
     */
    void requireVerified() throws StoreFailedException {
        int count = sourceBlocks(begun.bytes());
        if (!verified
                && (blocks.count() < count || !blocks.digest(count).toString().equals(begun.digest()))) {
            throw BuildStatus.otherSource(begun.lines());
        }
    }

    /** Returns the number of blocks of the source that contain the text before a position. */
    private static int sourceBlocks(long end) {
        return Math.toIntExact(Math.ceilDiv(end, Limits.BLOCK_BYTES));
    }

    /** Returns the progress when all written lines are durable. */
    private BuildFile progress(@Nullable String holder) {
        long end = written.byteOffset();
        return begun.with(written, copy.tableChecksum(end), blocks.digest(sourceBlocks(end)), holder);
    }

    /** Makes the written lines durable on another thread, when the last such task has ended. */
    private void save() throws IOException, InterruptedException {
        awaitSaved();
        savedEnd = written.byteOffset();
        BuildFile next = progress(begun.holder());
        ByteBuffer entries = copy.table(savedBlocks);
        int firstBlock = savedBlocks;
        int nextBlock = firstBlock + entries.remaining() / SeekTable.UNFINISHED_ENTRY_BYTES;
        FutureTask<Integer> task = new FutureTask<>(() -> {
            if (table != null) {
                table.position(tableBytes(firstBlock));
            }
            force(channel, table, entries, next);
            return nextBlock;
        });
        disk.runInBackground(task);
        saving = task;
    }

    private void awaitSaved() throws IOException, InterruptedException {
        FutureTask<Integer> task = saving;
        if (task == null) {
            return;
        }
        try {
            savedBlocks = Await.ioResult(task);
            saving = null;
        } catch (IOException | RuntimeException | Error e) {
            saving = null;
            throw e;
        }
    }

    /** In this order, the build file never says more than is durable. */
    private void force(FileChannel lines, @Nullable FileChannel index, ByteBuffer entries, BuildFile next)
            throws IOException {
        disk.force(lines);
        if (index != null) {
            disk.write(index, entries);
            disk.force(index);
        }
        disk.replaceFile(file.resolveSibling(BuildFile.NAME), ChecksummedJson.bytes(next));
        disk.forceDirectory(file.resolveSibling(""));
    }

    /**
     * Makes the written lines durable, for a build that resumes this one.
     *
     * @return its end; empty if it is so little that it is not kept
     */
    Optional<Checkpoint> suspend() throws IOException, InterruptedException {
        if (!verified) {
            // Nothing was written.
            return Optional.of(written);
        }
        try {
            awaitSaved();
        } catch (ClosedChannelException e) {
            // An interrupt of the thread that writes has closed the file. All is saved again below.
        }
        if (begun.lines() == 0 && written.byteOffset() < disk.checkpointBytes()) {
            return Optional.empty();
        }
        try (FileChannel lines = disk.reopen(file, copy.fileBytes());
                @Nullable
                        FileChannel entries = table == null
                                ? null
                                : disk.reopen(file.resolveSibling(TABLE), tableBytes(savedBlocks))) {
            force(lines, entries, copy.table(savedBlocks), progress(null));
        }
        return Optional.of(written);
    }

    /** Writes the rest of the copy, which is durable when this method returns. */
    void finish() throws IOException, InterruptedException {
        copy.finish();
        awaitSaved();
        disk.force(channel);
    }

    /** Removes the files that only a build which resumes this one needs. Called when nothing is being saved. */
    void forget() throws IOException {
        disk.delete(file.resolveSibling(BuildFile.NAME));
        // First: a power cut must not leave it without the other files.
        disk.forceDirectory(file.resolveSibling(""));
        if (table != null) {
            disk.delete(file.resolveSibling(TABLE));
        }
    }

    /** Closes the files. The task that makes them durable has ended when this method returns. */
    @Override
    public void close() throws IOException {
        boolean interrupted = false;
        try (channel;
                @Nullable FileChannel entries = table;
                copy) {
            while (saving != null) {
                try {
                    awaitSaved();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
