package dev.lineserver.cli;

import io.vertx.core.json.JsonObject;

import dev.lineserver.http.ManifestJson;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.store.Manifest;

/**
 * What came of an ingest, for people and for programs.
 *
 * @param outcome of it
 * @param seconds it took
 */
record IngestReport(Ingest.Outcome outcome, double seconds) {
    String text() {
        Manifest manifest = outcome.manifest();
        String what = "dataset " + manifest.dataset() + " version " + manifest.version() + ": "
                + Numbers.grouped(manifest.lineCount()) + " lines, " + Numbers.bytes(manifest.byteCount());
        if (!outcome.stored()) {
            return what + ", stored already";
        }
        String rate = Numbers.bytes((long) (manifest.byteCount() / seconds)) + "/s";
        return what + ", stored in " + Numbers.seconds(seconds) + " (" + rate + ")";
    }

    String json() {
        return JsonObject.mapFrom(ManifestJson.of(outcome.manifest()))
                .put("stored", outcome.stored())
                .put("seconds", seconds)
                .encode();
    }
}
