package dev.lineserver.cli;

import io.vertx.core.json.JsonObject;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;

/**
 * The result of an ingest, as text and as JSON.
 *
 * @param seconds the time that the ingest took
 */
record IngestReport(Ingest.Outcome outcome, double seconds) {
    String text() {
        Manifest manifest = outcome.manifest();
        String version = manifest.versionName() + ": " + Quantities.counted(manifest.lineCount(), "line", "lines")
                + ", " + Quantities.bytes(manifest.byteCount());
        if (!outcome.stored()) {
            return version + ", stored already";
        }
        String rate =
                hasRate() && bytesPerSecond() >= 1 ? " (" + Quantities.bytes((long) bytesPerSecond()) + "/s)" : "";
        String stored =
                version + resumption() + share() + ", stored in " + Quantities.seconds(seconds) + rate + retries();
        return outcome.held() ? stored + ", " + held(manifest) : stored;
    }

    private String share() {
        Ingest.Share share = outcome.share();
        return share == null ? "" : ", " + Quantities.grouped(share.lines()) + " of them as part " + share.part();
    }

    /**
     * Returns false after a resumed ingest. It has read all lines again, and stored some of them, perhaps only those
     * that a node had lost, so neither number divided by its time is a rate. A part that stored no line has no rate either.
     */
    private boolean hasRate() {
        Ingest.Share share = outcome.share();
        return share == null ? resumed().lineIndex() == 0 : share.lines() > 0;
    }

    /** Without the lines of other parts, which had about as many bytes each. */
    private double bytesPerSecond() {
        Manifest manifest = outcome.manifest();
        return (double) manifest.byteCount() * lines() / Math.max(1, manifest.lineCount()) / seconds;
    }

    /** Returns the number of lines that this process has stored, unless it resumed an ingest. */
    private long lines() {
        Ingest.Share share = outcome.share();
        return share == null ? outcome.manifest().lineCount() : share.lines();
    }

    private Checkpoint resumed() {
        return outcome.resumedFrom();
    }

    private String resumption() {
        return resumed().lineIndex() == 0 || outcome.share() != null
                ? ""
                : ", resumed after " + Quantities.grouped(resumed().lineIndex()) + " of them";
    }

    private String retries() {
        Retries retries = outcome.retries();
        return retries.equals(Retries.NONE)
                ? ""
                : " with " + Quantities.counted(retries.count(), "retry", "retries") + ", "
                        + Quantities.counted(retries.overloads(), "overload", "overloads") + " of the cluster";
    }

    private String held(Manifest manifest) {
        String unverified = outcome.share() == null
                ? ", and not verified because the source cannot be read again"
                : " by another part, which verifies it";
        return "held"
                + (outcome.verified() ? " and verified" : unverified)
                + "; publish it with: line-server publish " + manifest.dataset() + " --version "
                + manifest.version();
    }

    String json() {
        Manifest manifest = outcome.manifest();
        JsonObject answer = JsonObject.mapFrom(manifest)
                .put("held", outcome.held())
                .put("verified", outcome.verified())
                .put("stored", outcome.stored())
                .put("seconds", seconds);
        if (outcome.stored() && hasRate()) {
            answer.put("bytesPerSecond", Math.round(bytesPerSecond()))
                    .put("linesPerSecond", Math.round(lines() / seconds));
        }
        if (outcome.stored()) {
            answer.put("resumedFrom", resumed().lineIndex())
                    .put("retries", outcome.retries().count())
                    .put("overloads", outcome.retries().overloads());
        }
        Ingest.Share share = outcome.share();
        if (share != null) {
            answer.put("part", share.part().number())
                    .put("parts", share.part().count())
                    .put("partLines", share.lines());
        }
        return answer.encode();
    }
}
