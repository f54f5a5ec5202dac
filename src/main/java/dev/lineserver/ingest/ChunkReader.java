package dev.lineserver.ingest;

import java.io.IOException;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.store.PartBuild.Chunk;

/**
 * Reads some lines of a plain file that a {@link SourceReader} has read before. It reads the blocks that contain them, and
 * compares each with the digest of that time, so that all lines belong to the same content.
 *
 * @param source the file
 * @param counts the newlines before each block
 * @param digests of all blocks
 */
record ChunkReader(Source source, NewlineCounts counts, ContentDigest.Tree digests) {
    /**
     * Reads a chunk.
     *
     * @param lineCount number of lines of the whole file
     * @param progress called after each block, on the calling thread
     * @param sink receives the lines of the chunk, on the calling thread
     */
    <X extends Exception> void read(Chunk chunk, long lineCount, Runnable progress, LineSplitter.BatchSink<X> sink)
            throws X, SourceException, InterruptedException {
        int first = chunk.first() == 0 ? 0 : counts.blockOf(chunk.first());
        int last = chunk.end() == lineCount ? counts.blocks() - 1 : counts.blockOf(chunk.end());
        source.select((long) first * Limits.BLOCK_BYTES, (last + 1L) * Limits.BLOCK_BYTES);
        LineSplitter<X> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, chunk.first(), sink);
        new SourceReader(source, Progress.SILENT).readBlocks(splitter, block -> {
            int index = Math.toIntExact(block.offset / Limits.BLOCK_BYTES);
            if (!digests.matches(index, block.digest)) {
                throw new IOException("it changed while it was read; try again when no program writes to it");
            }
            if (index == last && chunk.end() < lineCount) {
                block.keepLines(Math.toIntExact(chunk.end() - counts.before(last)));
            }
            if (index == first) {
                block.skipLines(Math.toIntExact(chunk.first() - counts.before(first)));
            }
            splitter.add(block.bytes, block.length, block.newlines, block.newlineCount);
            progress.run();
        });
    }
}
