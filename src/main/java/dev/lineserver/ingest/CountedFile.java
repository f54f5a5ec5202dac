package dev.lineserver.ingest;

import java.util.Optional;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;

/** A plain file whose lines are counted, so that it can be read from any line on. Used by one thread. */
final class CountedFile {
    private final Source source;
    private final Progress progress;
    private final Planning.LineLengths lengths;
    private final SourceReader counted;
    private final Content content;

    /**
     * Reads the whole file.
     *
     * @param compress true to estimate how much smaller it becomes
     */
    CountedFile(Source source, Progress progress, boolean compress) throws SourceException, InterruptedException {
        this.source = source;
        this.progress = progress;
        this.lengths = new Planning.LineLengths(compress);
        this.counted = new SourceReader(source, Progress.SILENT);
        this.content = counted.read(lengths);
    }

    Content content() {
        return content;
    }

    TextShape shape() {
        return lengths.shape(content, false);
    }

    /** Stores chunks until all are stored. */
    void store(PartBuild build, Pacer pacer) throws SourceException, StoreException, InterruptedException {
        ChunkReader reader = new ChunkReader(source, counted.newlineCounts(), counted.blocks());
        for (Optional<PartBuild.Chunk> chunk = build.claim(); chunk.isPresent(); chunk = build.claim()) {
            reader.<StoreException>read(
                    chunk.get(), content.lineCount(), () -> report(build), batch -> pacer.pass(batch, build::add));
        }
        report(build);
    }

    private void report(PartBuild build) {
        Checkpoint stored = build.checkpoint();
        progress.update(stored.byteOffset(), source.size(), stored.lineIndex());
    }
}
