package dev.lineserver.store.aerospike.registry;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild.Chunk;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The place of one process among those that store a version together. They share the lease of a {@link HeldBuild}, which lives
 * as long as one of them renews it. The thread that ingests calls all methods.
 */
public final class HeldPart {
    private static final System.Logger LOG = System.getLogger(HeldPart.class.getName());

    private final RegistryAccess access;
    private final Maintenance maintenance;
    private final LeaseTerm term;
    private final OtherProcesses others;
    private final String dataset;
    private final IngestPart part;
    private final String holder;
    private final HeldBuild shared;
    private final HeldLease lease;
    private final long linesBefore;
    private PartsEntry parts;
    private long resumedLines;
    private @Nullable Manifest published;

    /**
     * @param parts as in the registry; that process has the part
     * @param resumedLines number of lines that were stored when this process resumed the build; 0 if it did not
     */
    HeldPart(
            RegistryAccess access,
            Maintenance maintenance,
            LeaseTerm term,
            OtherProcesses others,
            IngestPart part,
            String holder,
            HeldBuild shared,
            PartsEntry parts,
            long resumedLines) {
        this.access = access;
        this.maintenance = maintenance;
        this.term = term;
        this.others = others;
        this.dataset = shared.set().dataset();
        this.part = part;
        this.holder = holder;
        this.shared = shared;
        this.lease = shared.lease();
        this.parts = parts;
        this.resumedLines = resumedLines;
        this.linesBefore = parts.storedLines(part.number());
        lease.reportChange(changeParts(build -> build.renew(part.number(), holder, term.end())));
    }

    private UnaryOperator<BuildEntry> changeParts(UnaryOperator<PartsEntry> change) {
        return build -> {
            PartsEntry before = build.parts();
            if (before == null || !before.isHeldBy(part.number(), holder)) {
                return build;
            }
            PartsEntry after = change.apply(before);
            // Without another time, too: a part that waits must not cause a write of the registry.
            return after.equals(before) ? build : build.with(after, term.now());
        };
    }

    /** Returns the lease, which must be valid before each write. */
    public HeldLease lease() {
        return lease;
    }

    /** Returns the set that all processes write to. */
    public LineSet set() {
        return shared.set();
    }

    /** Returns the number of consecutive lines in a record. */
    public int linesPerRecord() {
        return parts.linesPerRecord();
    }

    /** Returns true if the lines of a record are compressed. */
    public boolean compressed() {
        return parts.compressed();
    }

    /** Returns the longest line, in bytes, that is stored in one record. */
    public int maxBytesPerRecord() {
        return parts.maxBytesPerRecord();
    }

    /** Returns the number of records for all lines, if all chunks are stored. */
    public long recordCount() {
        return parts.recordCount();
    }

    /** Returns the number of lines in the chunks that all processes have stored, as of the last change. */
    public long storedLines() {
        return parts.storedLines();
    }

    /** Returns the number of lines that were stored when this process resumed the build; 0 if it did not. */
    public long resumedLines() {
        return resumedLines;
    }

    /** Returns the number of lines in the chunks that this process was the first to finish. */
    public long ownLines() {
        return parts.storedLines(part.number()) - linesBefore;
    }

    /** Returns the chunks that all processes have stored, as of the last change. */
    public List<Chunk> storedChunks() {
        return parts.storedChunks();
    }

    /** Returns the manifest of the version, if another process has published or held it. */
    public Optional<Manifest> published() {
        return Optional.ofNullable(published);
    }

    /**
     * Marks the claimed chunk as stored.
     *
     * @param longLineParts number of its records for parts of long lines
     */
    public void finish(long longLineParts) throws StoreException {
        int chunk = parts.claimed(part.number());
        change(
                "finishing a chunk of " + dataset,
                entry -> entry.finish(part.number(), chunk, longLineParts).claim(part.number(), term.now()));
    }

    /**
     * Claims a chunk, unless one is claimed. Waits while other processes are storing the last ones.
     *
     * @return empty if the version is published, or this part has claimed the publication
     * @throws StoreUnavailableException if another process has taken the place of this part, or the build was discarded
     */
    public Optional<Chunk> claim() throws StoreException {
        while (published == null && parts.claimed(part.number()) == PartEntry.NO_CHUNK) {
            change("claiming a chunk of " + dataset, entry -> entry.claim(part.number(), term.now()));
            if (published == null && parts.claimed(part.number()) == PartEntry.NO_CHUNK) {
                Polling.pause("waiting for the other parts");
                removeEndedProcesses();
            }
        }
        int claimed = parts.claimed(part.number());
        return published != null || claimed == parts.chunks() ? Optional.empty() : Optional.of(parts.lines(claimed));
    }

    private void removeEndedProcesses() throws StoreException {
        try {
            others.removeEnded(dataset);
        } catch (StoreUnavailableException e) {
            // The next change of the registry waits for the cluster.
            LOG.log(Level.DEBUG, "ended parts cannot be found: {0}", e.getMessage());
        }
    }

    /** Marks the chunks from that of a line on as not stored, and gives up the publication. */
    public void lose(long firstLost) throws StoreException {
        change("recording the loss of records of " + dataset, entry -> entry.lose(firstLost, part.number()));
        resumedLines = Math.min(resumedLines, parts.storedLines());
    }

    /** Publishes or holds the version, unless another process has done so. */
    public Manifest publish(Content content, String layout) throws StoreException {
        try {
            return shared.commit(content, layout, parts.recordCount(), List.of());
        } catch (StoreUnavailableException e) {
            // This process was suspended while it had claimed the publication, and another one claimed it then.
            return shared.findPublished(access.read()).orElseThrow(() -> e);
        }
    }

    /** Changes the registry; waits for a cluster that is away for a while. */
    private void change(String activity, UnaryOperator<PartsEntry> change) throws StoreException {
        Registry after = access.update(activity, current -> {
            BuildEntry build = current.builds().get(dataset);
            if (isOurs(build) && lease.isOwned(current)) {
                current.builds().put(dataset, changeParts(change).apply(build));
            }
        });
        BuildEntry build = after.builds().get(dataset);
        published = shared.findPublished(after).orElse(null);
        if (published == null) {
            if (build == null || build.parts() == null || !isOurs(build) || !lease.isOwned(after)) {
                throw lease.lost();
            }
            parts = build.parts();
            if (!parts.isHeldBy(part.number(), holder)) {
                throw new StoreUnavailableException("another process has taken the place of part " + part + " of "
                        + dataset + ": this one was suspended, or could not reach the cluster");
            }
        }
    }

    private boolean isOurs(@Nullable BuildEntry build) {
        return build != null && build.set().equals(shared.set().name());
    }

    /**
     * Leaves the build to the other processes, and releases the lease if this is the last one. Does not fail: if the cluster
     * cannot be reached, the claim of this part expires.
     */
    public void leave() {
        lease.stopRenewals();
        boolean[] last = new boolean[1];
        try {
            access.ending().update("leaving the build of " + dataset, current -> {
                BuildEntry build = current.builds().get(dataset);
                if (isOurs(build) && lease.isOwned(current)) {
                    BuildEntry after = changeParts(entry -> entry.leave(part.number(), holder))
                            .apply(build);
                    current.builds().put(dataset, after);
                    if (after.parts() == null || !after.parts().hasLivePart(term.now())) {
                        current.leases().remove(dataset);
                        last[0] = true;
                    }
                }
            });
            if (last[0]) {
                // If no chunk is stored, nothing can be resumed.
                maintenance.sweep();
            }
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "other parts wait until the lease of part {0} expires: {1}", part, e.getMessage());
        }
    }
}
