package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * A disk that models a power cut after any change: any subset of the changes that were not forced is lost, and a write
 * may be lost in part. A change can also fail, as on a full disk or after an interrupt.
 *
 * <p>The changes are made to the real file system, and recorded. {@link #cutPower} replays the first of them on a
 * {@link Model}, and writes a possible state after the power cut to another directory.
 */
final class LossyDisk extends Disk {
    private final Path root;
    private int failing;
    private boolean failingForGood;
    private int interrupted = Integer.MAX_VALUE;
    private final List<Consumer<Model>> changes = new ArrayList<>();
    private final Map<FileChannel, Integer> fileNumbers = new HashMap<>();
    private long checkpointBytes = super.checkpointBytes();
    private long writtenBytes;

    /** @param root an existing directory; all changes are below it */
    LossyDisk(Path root) {
        this(root, Integer.MAX_VALUE, false);
    }

    /**
     * @param failing index of the change that fails
     * @param failingForGood true if all later changes fail, too
     */
    LossyDisk(Path root, int failing, boolean failingForGood) {
        this.root = root;
        this.failing = failing;
        this.failingForGood = failingForGood;
    }

    /** Makes copies durable after so many bytes. */
    LossyDisk withCheckpoints(long bytes) {
        checkpointBytes = bytes;
        return this;
    }

    @Override
    long checkpointBytes() {
        return checkpointBytes;
    }

    /** Runs the task at once, so that the changes have the same order each time. No interrupt reaches it. */
    @Override
    void runInBackground(Runnable task) {
        int before = interrupted;
        interrupted = Integer.MAX_VALUE;
        task.run();
        interrupted = before;
    }

    /** Returns the number of bytes that were written to files. */
    long writtenBytes() {
        return writtenBytes;
    }

    int changeCount() {
        return changes.size();
    }

    /** Makes all changes fail from the one with this index on, as if the process had been killed. */
    void killAt(int change) {
        failing = change;
        failingForGood = true;
    }

    /** Interrupts the thread before the change with this index: from then on, no file can be written or forced. */
    void interruptAt(int change) {
        interrupted = change;
    }

    /** Makes later changes succeed: another process makes them. */
    void restart() {
        failing = Integer.MAX_VALUE;
        interrupted = Integer.MAX_VALUE;
    }

    /** Forgets all changes but the first ones. The caller restores the files. */
    void forget(int changeCount) {
        changes.subList(changeCount, changes.size()).clear();
    }

    private void throwIfInterrupted() throws ClosedByInterruptException {
        if (changes.size() >= interrupted) {
            throw new ClosedByInterruptException();
        }
    }

    private void record(Consumer<Model> change) throws IOException {
        int now = changes.size();
        changes.add(change);
        if (failingForGood ? now >= failing : now == failing) {
            changes.set(now, _ -> {});
            throw new IOException("No space left on device");
        }
    }

    @Override
    void createDirectory(Path directory) throws IOException {
        record(model -> model.put(directory, new Inode()));
        super.createDirectory(directory);
    }

    @Override
    FileChannel create(Path file) throws IOException {
        int number = fileNumbers.size();
        record(model -> model.put(file, model.file(number)));
        FileChannel channel = super.create(file);
        fileNumbers.put(channel, number);
        return channel;
    }

    @Override
    void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        throwIfInterrupted();
        int number = Objects.requireNonNull(fileNumbers.get(channel));
        long position = channel.position();
        byte[] copy = new byte[bytes.remaining()];
        bytes.duplicate().get(copy);
        record(model -> model.file(number).writes.add(new Write((int) position, copy, false)));
        writtenBytes += copy.length;
        super.write(channel, bytes);
    }

    @Override
    FileChannel reopen(Path file, long length) throws IOException {
        int number = fileNumbers.size();
        record(model -> model.reopen(number, file, (int) length));
        FileChannel channel = super.reopen(file, length);
        fileNumbers.put(channel, number);
        return channel;
    }

    @Override
    void force(FileChannel channel) throws IOException {
        throwIfInterrupted();
        int number = Objects.requireNonNull(fileNumbers.get(channel));
        record(model -> model.file(number).forceBytes());
    }

    @Override
    void forceDirectory(Path directory) throws IOException {
        throwIfInterrupted();
        record(model -> model.find(directory).forceEntries());
    }

    @Override
    void rename(Path from, Path to) throws IOException {
        if (!from.resolveSibling("").equals(to.resolveSibling(""))) {
            throw new IllegalArgumentException(from + " and " + to + " are in two directories");
        }
        record(model -> model.rename(from, to));
        super.rename(from, to);
    }

    @Override
    void delete(Path path) throws IOException {
        record(model -> model.put(path, null));
        super.delete(path);
    }

    /**
     * Writes the files that a power cut leaves.
     *
     * @param changeCount number of changes before the power cut
     * @param kept decides for each change that was not forced whether it survives
     * @param target an empty directory in the role of the root
     */
    void cutPower(int changeCount, Random kept, Path target) throws IOException {
        write(cutPower(changeCount, kept), target);
    }

    /**
     * Returns the files that a power cut leaves: the bytes of each, by its path below the root. The path of a directory
     * ends with a slash. Many power cuts leave equal files, of which a test needs to check one.
     */
    SortedMap<String, ByteBuffer> cutPower(int changeCount, Random kept) {
        Model model = new Model(root);
        changes.subList(0, changeCount).forEach(change -> change.accept(model));
        SortedMap<String, ByteBuffer> left = new TreeMap<>();
        model.rootNode.restore("", kept, left);
        return left;
    }

    /** Writes the files that a power cut has left. */
    static void write(SortedMap<String, ByteBuffer> left, Path target) throws IOException {
        Files.createDirectories(target);
        // A directory comes before its entries.
        for (Map.Entry<String, ByteBuffer> entry : left.entrySet()) {
            Path path = target.resolve(entry.getKey());
            if (entry.getKey().endsWith("/")) {
                Files.createDirectory(path);
            } else {
                Files.write(path, entry.getValue().array());
            }
        }
    }

    /** @param cuts true if the file loses all bytes from the position on */
    private record Write(int position, byte[] bytes, boolean cuts) {}

    private record Entry(String name, @Nullable Inode inode) {}

    /** A file or directory: its durable content, and the changes that are not durable. */
    private static final class Inode {
        final Map<String, Inode> entries = new TreeMap<>();
        final Map<String, Inode> durableEntries = new TreeMap<>();
        /** Each change is applied completely or not at all. */
        final List<List<Entry>> entryChanges = new ArrayList<>();

        final List<Write> writes = new ArrayList<>();
        byte[] durableBytes = new byte[0];
        boolean isFile;

        void change(Entry... change) {
            apply(List.of(change), entries);
            entryChanges.add(List.of(change));
        }

        private static void apply(List<Entry> change, Map<String, Inode> entries) {
            for (Entry entry : change) {
                if (entry.inode == null) {
                    entries.remove(entry.name);
                } else {
                    entries.put(entry.name, entry.inode);
                }
            }
        }

        void forceEntries() {
            entryChanges.forEach(change -> apply(change, durableEntries));
            entryChanges.clear();
        }

        void forceBytes() {
            writes.forEach(write -> durableBytes = written(durableBytes, write, write.bytes.length));
            writes.clear();
        }

        private static byte[] written(byte[] before, Write write, int length) {
            if (write.cuts) {
                return Arrays.copyOf(before, Math.min(before.length, write.position));
            }
            byte[] after = Arrays.copyOf(before, Math.max(before.length, write.position + length));
            System.arraycopy(write.bytes, 0, after, write.position, length);
            return after;
        }

        /** @param path of this file, or of this directory with a slash at its end; empty for the root */
        void restore(String path, Random kept, Map<String, ByteBuffer> restored) {
            if (isFile) {
                byte[] bytes = durableBytes;
                for (Write write : writes) {
                    bytes = kept.nextBoolean() ? written(bytes, write, kept.nextInt(write.bytes.length + 1)) : bytes;
                }
                restored.put(path, ByteBuffer.wrap(bytes));
                return;
            }
            Map<String, Inode> left = new TreeMap<>(durableEntries);
            entryChanges.stream().filter(_ -> kept.nextBoolean()).forEach(change -> apply(change, left));
            if (!path.isEmpty()) {
                restored.put(path, ByteBuffer.allocate(0));
            }
            left.forEach((name, inode) -> inode.restore(path + name + (inode.isFile ? "" : "/"), kept, restored));
        }
    }

    /** The state of the disk after some changes. */
    private static final class Model {
        final Inode rootNode = new Inode();
        private final Path root;
        private final Map<Integer, Inode> files = new HashMap<>();

        Model(Path root) {
            this.root = root;
        }

        Inode file(int number) {
            Inode file = files.computeIfAbsent(number, _ -> new Inode());
            file.isFile = true;
            return file;
        }

        void reopen(int number, Path file, int length) {
            Inode inode = find(file);
            inode.writes.add(new Write(length, new byte[0], true));
            files.put(number, inode);
        }

        Inode find(Path path) {
            Inode node = rootNode;
            for (Path name : root.relativize(path)) {
                if (!name.toString().isEmpty()) {
                    node = Objects.requireNonNull(node.entries.get(name.toString()));
                }
            }
            return node;
        }

        void put(Path path, @Nullable Inode inode) {
            find(path.resolveSibling("")).change(new Entry(name(path), inode));
        }

        void rename(Path from, Path to) {
            find(from.resolveSibling("")).change(new Entry(name(from), null), new Entry(name(to), find(from)));
        }

        private static String name(Path path) {
            return path.getFileName().toString();
        }
    }
}
