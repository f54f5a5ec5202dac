package dev.lineserver.store.aerospike.registry;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import dev.lineserver.store.StoreException;

/** A registry in memory that fails on demand. */
final class ScriptedRegistry implements RegistryAccess {
    final Map<String, SetCount> counts = new HashMap<>();
    final List<String> truncated = new ArrayList<>();

    /** Truncations without a time. */
    final List<String> truncatedNow = new ArrayList<>();

    /** Truncations up to a time: set, {@code <} and time. */
    final List<String> truncatedBefore = new ArrayList<>();

    /** Whether the cluster accepts writes, each time it is asked; the last answer is repeated. */
    List<Boolean> accepted = List.of(true);

    /** Each makes one update fail before its change. */
    final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

    /** Runs in each truncation, before its caller continues. */
    Runnable duringTruncation = () -> {};

    /** Runs once, before the next update. */
    Runnable beforeUpdate = () -> {};

    /** Runs once, before the next change is made again: each is made twice, as if another process had changed the registry. */
    Runnable beforeRepetition = () -> {};

    /** Runs once, after the next read, before its caller has the answer. */
    Runnable afterRead = () -> {};

    /** Runs once, before the next count. */
    Runnable beforeCount = () -> {};

    /** Runs once, when the time passes. */
    Runnable whileWaiting = () -> {};

    int writes;
    private long time = 500_000;
    private boolean timeAsked;
    private Registry registry = Registry.empty();

    @Override
    public int nodeCount() {
        return 3;
    }

    @Override
    public synchronized Registry read() {
        timeAsked = false;
        Registry read = registry;
        Runnable other = afterRead;
        afterRead = () -> {};
        other.run();
        return read;
    }

    @Override
    public synchronized Registry update(String activity, RegistryChange change) throws StoreException {
        timeAsked = false;
        Runnable other = beforeUpdate;
        beforeUpdate = () -> {};
        other.run();
        switch (failures.poll()) {
            case null -> {}
            case StoreException failure -> throw failure;
            case RuntimeException failure -> throw failure;
            case Error failure -> throw failure;
            case Throwable failure -> throw new AssertionError(failure);
        }
        change.apply(registry.copy());
        Runnable between = beforeRepetition;
        beforeRepetition = () -> {};
        between.run();
        Registry after = registry.copy();
        change.apply(after);
        writes += after.equals(registry) ? 0 : 1;
        registry = after;
        // Converts every registry to its stored form and back, which must not lose anything.
        List<com.aerospike.client.Bin> bins = List.of(RegistryForm.toBins(after));
        Map<String, Object> stored = new HashMap<>();
        bins.forEach(bin -> stored.put(bin.name, bin.value.getObject()));
        org.junit.jupiter.api.Assertions.assertEquals(
                after, RegistryForm.fromRecord(new com.aerospike.client.Record(stored, 1, 0)));
        return after;
    }

    @Override
    public synchronized void truncate(String set) {
        timeAsked = false;
        truncated.add(set);
        truncatedNow.add(set);
    }

    @Override
    public synchronized void truncateBefore(String set, long time) {
        timeAsked = false;
        truncated.add(set);
        truncatedBefore.add(set + "<" + time);
        duringTruncation.run();
    }

    @Override
    public synchronized void forgetTruncations(String set) {
        truncatedBefore.add(set + " forgotten");
    }

    @Override
    public synchronized Map<String, SetCount> setCounts() {
        timeAsked = false;
        Runnable other = beforeCount;
        beforeCount = () -> {};
        other.run();
        return Map.copyOf(counts);
    }

    /** Time passes only for a caller that asks for nothing else in between. */
    @Override
    public synchronized NamespaceState namespace() {
        if (timeAsked) {
            Runnable other = whileWaiting;
            whileWaiting = () -> {};
            other.run();
            time += 2_000;
        }
        timeAsked = true;
        boolean accepts = accepted.getFirst();
        accepted = accepted.size() > 1 ? accepted.subList(1, accepted.size()) : accepted;
        return new NamespaceState(time, 2, accepts, false);
    }

    LineSet.SetState state(String set) {
        return read().lineSet(set).state();
    }
}
