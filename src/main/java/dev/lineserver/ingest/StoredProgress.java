package dev.lineserver.ingest;

import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;

/**
 * Reports the lines that a store has acknowledged, instead of those that were read: writes in flight may fail. While an
 * ingest that is resumed reads the stored lines again, it reports how far it has read them, as a task of its own.
 *
 * @param progress receives the reports
 * @param stored receives those about lines that were stored before
 * @param source the source that is read
 * @param build the build that stores it
 */
record StoredProgress(Progress progress, Progress stored, Source source, Build build) implements Progress {
    static StoredProgress of(Progress progress, Source source, Build build) {
        boolean resumed = build.resumedFrom().lineIndex() > 0;
        return new StoredProgress(progress, resumed ? progress.next("check") : progress, source, build);
    }

    @Override
    public void update(long position, long size, long lines) {
        Checkpoint from = build.resumedFrom();
        if (lines < from.lineIndex()) {
            // Where these lines end in a compressed source is unknown.
            long end = source.isPlainFile() ? from.byteOffset() : -1;
            stored.update(source.isPlainFile() ? Math.min(position, end) : position, end, lines);
            return;
        }
        Checkpoint acknowledged = build.checkpoint();
        // The position of a line in a compressed source is unknown. Lines that are as long on average take as many
        // bytes.
        long bytes = source.isPlainFile()
                ? acknowledged.byteOffset()
                : (long) ((double) position * acknowledged.lineIndex() / Math.max(1, lines));
        progress.update(bytes, size, acknowledged.lineIndex());
    }

    @Override
    public void note(String text) {
        progress.note(text);
    }
}
