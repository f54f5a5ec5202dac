package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import dev.lineserver.store.StoredVersion.State;

/**
 * The versions of a dataset: the content of its file {@code versions} and of the copy, in the form of
 * {@link ChecksummedJson}. Every change of a dataset that readers can see is a replacement of this file, as
 * {@link VersionsOnDisk} describes: they see it whole or not at all. A directory of a version that is not listed belongs
 * to no version.
 *
 * @param layout {@link #LAYOUT}
 * @param published the published versions, in the order of their latest publication; the last one is current
 * @param held the versions that are stored and not published, sorted
 * @param last the highest number that a version of the dataset has ever had; kept when the dataset is dropped
 */
record VersionsFile(String layout, List<Long> published, List<Long> held, long last) {
    /**
     * Every new member needs another layout: a program that does not know the member would lose it when it replaces the
     * file.
     */
    static final String LAYOUT = "versions-1";

    /** Versions that are kept by default if a version costs only an index, because its lines stay in their source. */
    private static final int KEPT_IN_PLACE = 2;

    /** Versions that are kept by default if a version has a copy of its lines. */
    private static final int KEPT_COPIES = 1;

    /** Copies the lists. */
    VersionsFile {
        published = List.copyOf(published);
        held = held.stream().sorted().toList();
        List<Long> all = Stream.concat(published.stream(), held.stream()).toList();
        for (long number : all) {
            if (number < 1 || number > last) {
                throw new IllegalArgumentException(
                        "it lists version " + number + " and gives " + last + " as the last");
            }
        }
        if (new HashSet<>(all).size() < all.size()) {
            throw new IllegalArgumentException("it lists a version twice");
        }
    }

    /**
     * Returns the number of published versions to keep.
     *
     * @param requested 0 for the default
     * @param inPlace true if the lines of the version to be published stay in their source
     */
    static int keep(int requested, boolean inPlace) {
        int byDefault = inPlace ? KEPT_IN_PLACE : KEPT_COPIES;
        return requested == 0 ? byDefault : requested;
    }

    static VersionsFile of(List<Long> published, List<Long> held, long last) {
        return new VersionsFile(LAYOUT, published, held, last);
    }

    /**
     * Reads the file, or its copy.
     *
     * @throws ChecksummedJson.UnusableException if it is damaged
     * @throws ChecksummedJson.OtherLayoutException if another release wrote it
     */
    static VersionsFile read(Path file) throws IOException {
        return ChecksummedJson.read(file, VersionsFile.class, "/layout", LAYOUT);
    }

    /** Returns the number of the version that was current before; 0 if there was none, or it is not published any more. */
    long previous() {
        return published.size() < 2 ? 0 : published.get(published.size() - 2);
    }

    /** Returns the state of a version; empty if it is not listed. */
    Optional<State> state(long number) {
        if (held.contains(number)) {
            return Optional.of(State.HELD);
        }
        if (!published.contains(number)) {
            return Optional.empty();
        }
        return Optional.of(number == published.getLast() ? State.CURRENT : State.KEPT);
    }

    List<Long> numbers() {
        return Stream.concat(published.stream(), held.stream()).sorted().toList();
    }

    /**
     * Makes a version current.
     *
     * @param keep number of published versions that stay, at least 1
     */
    VersionsFile publish(long number, int keep) {
        VersionsFile others = without(number);
        List<Long> order = new ArrayList<>(others.published);
        order.add(number);
        return of(order.subList(Math.max(0, order.size() - keep), order.size()), others.held, Math.max(last, number));
    }

    /** Adds a version that is not published. */
    VersionsFile hold(long number) {
        return withHeld(List.of(number));
    }

    /** Adds versions that are not published. */
    VersionsFile withHeld(List<Long> numbers) {
        return of(
                published,
                Stream.concat(held.stream(), numbers.stream()).toList(),
                Math.max(last, VersionsOnDisk.max(numbers)));
    }

    VersionsFile withLast(long number) {
        return of(published, held, Math.max(last, number));
    }

    VersionsFile without(long number) {
        return of(without(published, number), without(held, number), last);
    }

    private static List<Long> without(List<Long> numbers, long number) {
        return numbers.stream().filter(other -> other != number).toList();
    }
}
