package dev.lineserver.ingest;

import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;

/**
 * Reports the lines that a store has acknowledged, instead of those that were read: writes in flight may fail.
 *
 * @param progress receives the reports
 * @param source the source that is read
 * @param build the build that stores it
 */
record StoredProgress(Progress progress, Source source, Build build) implements Progress {
    @Override
    public void update(long position, long size, long lines) {
        Checkpoint stored = build.checkpoint();
        // The position of a line in a compressed source is unknown. Lines that are as long on average take as many
        // bytes.
        long bytes = source.isPlainFile()
                ? stored.byteOffset()
                : (long) ((double) position * stored.lineIndex() / Math.max(1, lines));
        progress.update(bytes, size, stored.lineIndex());
    }

    @Override
    public void note(String text) {
        progress.note(text);
    }

    @Override
    public Progress next(String task) {
        return progress.next(task);
    }
}
