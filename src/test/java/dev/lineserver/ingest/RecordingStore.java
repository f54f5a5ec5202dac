package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** A store in memory that records the calls of an ingest, and fails as a test asks. */
final class RecordingStore implements LineStore {
    final List<String> calls = new ArrayList<>();
    List<Leftover> leftovers = List.of();
    Plan plan = new Plan(List.of(), List.of(), List.of());

    @Nullable
    StoreException reclaimFailure;

    @Nullable
    StoreException openFailure;

    @Nullable
    StoreException currentFailure;

    /** Runs in a commit, when the version is stored. */
    InterruptibleTask afterCommit = () -> {};

    @Nullable
    StoreException dropFailure;

    @Nullable
    StoreException commitFailure;

    /** True to lose the last byte of every line. */
    boolean damages;

    /** The checkpoint of every build; that of its lines if null. */
    @Nullable
    Checkpoint checkpoint;

    /** True if a build is kept although all of its lines must be written again. */
    boolean keeps;

    /** An earlier build of the dataset has stored the lines before it. */
    Checkpoint resumedFrom = Checkpoint.START;

    @Nullable
    Manifest current;

    boolean requiresPlan = true;
    /** The version that the store knows to hold the source. */
    Optional<Manifest> unchanged = Optional.empty();

    boolean reusable = true;

    @Nullable
    BuildRequest lastRequest;

    @Nullable
    TextShape lastShape;

    /** A task that a signal may end. */
    interface InterruptibleTask {
        void run() throws InterruptedException;
    }

    /** The unfinished build of the dataset; null if there is none. */
    @Nullable
    BuildStatus unfinished;

    private final TreeMap<Long, List<byte[]>> versions = new TreeMap<>();

    @Override
    public List<BuildStatus> builds() {
        return unfinished == null ? List.of() : List.of(unfinished);
    }

    @Override
    public boolean discardBuild(DatasetName dataset) {
        boolean found = unfinished != null;
        unfinished = null;
        return found;
    }

    @Override
    public boolean requiresPlan() {
        return requiresPlan;
    }

    @Override
    public Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) {
        calls.add("plan keep " + keep);
        lastShape = shape;
        return plan;
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        calls.add("reclaim");
        if (reclaimFailure != null) {
            throw reclaimFailure;
        }
        return leftovers;
    }

    @Override
    public Optional<Manifest> findUnchanged(BuildRequest request) {
        return unchanged;
    }

    @Override
    public boolean reuse(Manifest newest, BuildRequest request) {
        calls.add("reuse " + newest.version());
        return reusable;
    }

    @Override
    public Build begin(BuildRequest request) {
        calls.add("begin");
        lastRequest = request;
        List<byte[]> lines = new ArrayList<>();
        return new Build() {
            private Checkpoint added = Checkpoint.START;

            @Override
            public void add(LineBatch batch) {
                added = new Checkpoint(
                        batch.firstLineIndex() + batch.count(), batch.firstByteOffset() + batch.byteCount());
                for (int i = 0; i < batch.count(); i++) {
                    ByteArrayOutputStream line = new ByteArrayOutputStream();
                    int length = batch.length(i) - (damages ? 1 : 0);
                    line.write(batch.bytes(), batch.start(i), Math.max(0, length));
                    lines.add(line.toByteArray());
                }
            }

            @Override
            public Checkpoint checkpoint() {
                return checkpoint == null ? added : checkpoint;
            }

            @Override
            public Checkpoint resumedFrom() {
                return resumedFrom;
            }

            @Override
            public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
                    throws InterruptedException, StoreException {
                if (commitFailure != null) {
                    throw commitFailure;
                }
                assertEquals(content.lineCount(), lines.size());
                assertEquals(content.digest(), blocks.digest());
                calls.add(request.hold() ? "hold" : "publish");
                long number = newest() + 1;
                versions.put(number, lines);
                Manifest manifest = new Manifest(
                        request.dataset(), number, content, request.sourceName(), "memory", Instant.EPOCH, files);
                if (!request.hold()) {
                    current = manifest;
                }
                afterCommit.run();
                return manifest;
            }

            @Override
            public Optional<Checkpoint> suspend() {
                calls.add("suspend");
                return keeps || checkpoint().lineIndex() > 0 ? Optional.of(checkpoint()) : Optional.empty();
            }

            @Override
            public void close() {
                calls.add("close");
            }
        };
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        calls.add("open");
        if (openFailure != null) {
            throw openFailure;
        }
        List<byte[]> lines = Objects.requireNonNull(versions.get(manifest.version()));
        return new Snapshot() {
            @Override
            public Manifest manifest() {
                return manifest;
            }

            @Override
            public CompletionStage<Lookup> lookup(long lineIndex) {
                return CompletableFuture.completedFuture(new Lookup.Found(lines.get((int) lineIndex)));
            }

            @Override
            public void close() {}
        };
    }

    @Override
    public void drop(DatasetName dataset, long version) throws StoreException {
        calls.add("drop " + version);
        if (dropFailure != null) {
            throw dropFailure;
        }
        if (versions.remove(version) == null) {
            throw new StoreFailedException("no version " + version);
        }
    }

    @Override
    public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
        if (currentFailure != null) {
            throw currentFailure;
        }
        return Optional.ofNullable(current)
                .map(manifest -> new DatasetVersions(
                        dataset, List.of(StoredVersion.of(StoredVersion.State.CURRENT, manifest)), newest(), 0));
    }

    private long newest() {
        return Math.max(current == null ? 0 : current.version(), versions.isEmpty() ? 0 : versions.lastKey());
    }

    @Override
    public List<DatasetListing> datasets() {
        throw new AssertionError("an ingest asks for one dataset");
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) {
        throw new AssertionError("an ingest publishes by a commit");
    }

    @Override
    public boolean drop(DatasetName dataset) {
        throw new AssertionError("an ingest drops no dataset");
    }

    @Override
    public void close() {}
}
