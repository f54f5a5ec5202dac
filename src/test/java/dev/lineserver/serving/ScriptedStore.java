package dev.lineserver.serving;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
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
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;

/** A store whose listings, versions, lookups and failures a test sets. */
final class ScriptedStore implements LineStore {
    static final DatasetName NAME = new DatasetName("default");

    /** A result, or a failure of any kind. */
    interface ScriptedResult<T> {
        T get() throws StoreException;
    }

    final Map<DatasetName, DatasetListing> listings = new TreeMap<>(Comparator.comparing(DatasetName::value));
    final List<ScriptedSnapshot> opened = new CopyOnWriteArrayList<>();

    @Nullable
    StoreException listFailure;

    ScriptedResult<Boolean> opening = () -> true;
    ScriptedResult<Boolean> reclaiming = () -> true;
    ScriptedResult<Boolean> checking = () -> true;
    ScriptedResult<CompletionStage<Lookup>> lookups =
            () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
    /** Runs after the versions of a dataset have been read, and before the caller gets them. */
    Runnable afterVersions = () -> {};
    /** How often the datasets were listed. */
    int lists;

    boolean closed;

    /** Makes each version wait while it is opened. */
    void blockOpening(CountDownLatch begun, CountDownLatch proceed) {
        opening = () -> {
            begun.countDown();
            try {
                return proceed.await(30, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        };
    }

    static boolean awaitUninterruptibly(CountDownLatch latch) {
        while (true) {
            try {
                latch.await();
                return true;
            } catch (InterruptedException _) {
                // A command has no interruptible wait.
            }
        }
    }

    /** Throws anything, as a defect or a full heap does. */
    @SuppressWarnings("unchecked")
    static <T extends Throwable> RuntimeException rethrowUnchecked(Throwable thrown) throws T {
        throw (T) thrown;
    }

    static Manifest manifest(DatasetName name, long version) {
        return new Manifest(
                name,
                version,
                new Content(10, 100, new ContentDigest(7, version), 9, true),
                "a\nb",
                "scripted",
                Instant.EPOCH,
                List.of());
    }

    /** Lists a version as the only one of its dataset. */
    void list(Manifest current) {
        list(current.dataset(), StoredVersion.of(StoredVersion.State.CURRENT, current));
    }

    void list(DatasetName name, StoredVersion... versions) {
        long lastNumber = List.of(versions).getLast().number();
        listings.put(name, new DatasetListing.Described(new DatasetVersions(name, List.of(versions), lastNumber, 0)));
    }

    /** Lists a dataset with a current and with kept versions. */
    void publish(long current, long... kept) {
        StoredVersion[] versions = LongStream.concat(LongStream.of(current), LongStream.of(kept))
                .sorted()
                .mapToObj(version -> StoredVersion.of(
                        version == current ? StoredVersion.State.CURRENT : StoredVersion.State.KEPT,
                        manifest(NAME, version)))
                .toArray(StoredVersion[]::new);
        list(NAME, versions);
    }

    /** Returns the numbers of the versions that were opened, in this order. */
    List<Long> openedNumbers() {
        return opened.stream().map(snapshot -> snapshot.manifest().version()).toList();
    }

    /** Returns the snapshot that was opened last. */
    ScriptedSnapshot lastOpened() {
        return opened.getLast();
    }

    @Override
    public List<DatasetListing> datasets() throws StoreException {
        lists++;
        if (listFailure != null) {
            throw listFailure;
        }
        return List.copyOf(listings.values());
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        boolean _ = opening.get();
        ScriptedSnapshot snapshot = new ScriptedSnapshot(manifest);
        opened.add(snapshot);
        return snapshot;
    }

    final class ScriptedSnapshot implements Snapshot {
        private final Manifest manifest;
        /** Replaces {@link #checking} for this snapshot. */
        @Nullable
        ScriptedResult<Boolean> ownChecking;

        /** Replaces {@link #lookups} for this snapshot. */
        @Nullable
        ScriptedResult<CompletionStage<Lookup>> ownLookups;

        /** The indices of the lookups. */
        final List<Long> lookedUp = new CopyOnWriteArrayList<>();

        int closes;
        int checks;
        int keepAliveCalls;

        ScriptedSnapshot(Manifest manifest) {
            this.manifest = manifest;
        }

        @Override
        public Manifest manifest() {
            return manifest;
        }

        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            if (closes > 0) {
                throw new AssertionError("a lookup on a closed snapshot");
            }
            lookedUp.add(lineIndex);
            try {
                return ownLookups == null ? lookups.get() : ownLookups.get();
            } catch (StoreException e) {
                return CompletableFuture.failedFuture(e);
            }
        }

        @Override
        public void check() throws StoreException {
            checks++;
            boolean _ = ownChecking == null ? checking.get() : ownChecking.get();
        }

        @Override
        public void keepAlive() {
            keepAliveCalls++;
        }

        @Override
        public void close() {
            closes++;
        }
    }

    @Override
    public void close() {
        closed = true;
    }

    @Override
    public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
        Optional<DatasetVersions> found = switch (listings.get(dataset)) {
            case DatasetListing.Described(DatasetVersions versions) -> Optional.of(versions);
            case DatasetListing.Unreadable unreadable -> throw unreadable.failure();
            case null -> Optional.empty();
        };
        afterVersions.run();
        return found;
    }

    @Override
    public Build begin(BuildRequest request) {
        throw new AssertionError("serving writes nothing");
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) {
        throw new AssertionError("serving writes nothing");
    }

    @Override
    public void drop(DatasetName dataset, long version) {
        throw new AssertionError("serving writes nothing");
    }

    @Override
    public void reclaimInBackground() throws StoreException {
        boolean _ = reclaiming.get();
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) {
        throw new AssertionError("serving reclaims in the background");
    }

    @Override
    public boolean drop(DatasetName dataset) {
        throw new AssertionError("serving writes nothing");
    }

    @Override
    public Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) {
        throw new AssertionError("serving plans nothing");
    }
}
