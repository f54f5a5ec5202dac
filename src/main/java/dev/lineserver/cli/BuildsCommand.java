package dev.lineserver.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Lists the builds in progress, and the unfinished ones that an ingest can resume. */
@Command(
        name = "builds",
        description = "Lists the ingests into an Aerospike cluster that are in progress, or that can be resumed.")
final class BuildsCommand implements Verb {
    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        List<BuildStatus> builds;
        try (LineStore store = context.openStore()) {
            builds = store.builds();
        }
        if (json) {
            JsonArray all = new JsonArray();
            builds.forEach(build -> all.add(json(build)));
            context.out().line(JsonObject.of("builds", all).encode());
            return true;
        }
        for (BuildStatus build : builds) {
            context.out().line(text(build));
            for (BuildStatus.PartStatus part : build.parts()) {
                context.out().line(text(part));
            }
        }
        if (builds.isEmpty()) {
            context.out().line("no build is in progress, and none can be resumed");
        }
        return true;
    }

    private static String text(BuildStatus build) {
        String of = build.sourceSize() < 0 ? "" : " of " + Quantities.bytes(build.sourceSize());
        String rate = build.running() ? ", " + Quantities.bytes((long) build.bytesPerSecond()) + "/s" : "";
        return String.format(
                Locale.ROOT,
                "%-20s version %d  %-10s  %s lines, %s%s stored%s  since %s, last sign of life %s  %s",
                build.dataset(),
                build.version(),
                state(build.running()),
                Quantities.grouped(build.stored().lineIndex()),
                Quantities.bytes(build.stored().byteOffset()),
                of,
                rate,
                build.startedAt(),
                build.activeAt(),
                ControlCharacters.escape(build.sourceName()));
    }

    private static String text(BuildStatus.PartStatus part) {
        return String.format(
                Locale.ROOT,
                "  part %-15s %-10s  %s lines stored  %s",
                part.part(),
                state(part.running()),
                Quantities.grouped(part.lines()),
                ControlCharacters.escape(part.owner()));
    }

    private static String state(boolean running) {
        return running ? "running" : "unfinished";
    }

    private static JsonObject json(BuildStatus.PartStatus part) {
        return new JsonObject()
                .put("part", part.part().number())
                .put("parts", part.part().count())
                .put("state", state(part.running()))
                .put("lines", part.lines())
                .put("owner", part.owner());
    }

    private static JsonObject json(BuildStatus build) {
        JsonObject answer = new JsonObject()
                .put("dataset", build.dataset().value())
                .put("version", build.version())
                .put("state", state(build.running()))
                .put("source", build.sourceName())
                .put("sourceSize", build.sourceSize() < 0 ? null : build.sourceSize())
                .put("lines", build.stored().lineIndex())
                .put("bytes", build.stored().byteOffset())
                .put("bytesPerSecond", build.bytesPerSecond())
                .put("startedAt", build.startedAt().toString())
                .put("resumedAt", build.resumedAt().toString())
                .put("activeAt", build.activeAt().toString());
        if (!build.parts().isEmpty()) {
            answer.put(
                    "parts",
                    new JsonArray(
                            build.parts().stream().map(BuildsCommand::json).toList()));
        }
        return answer;
    }
}
