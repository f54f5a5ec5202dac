package dev.lineserver.cli;

import java.io.IOException;
import java.util.List;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.cli.Table.Column;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/** Lists the builds in progress, and the unfinished ones that an ingest can resume. */
@Command(name = "builds", description = "Lists the ingests that are in progress, or that can be resumed.")
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
        Table table = new Table(
                Column.text("DATASET"),
                Column.number("VERSION"),
                Column.text("STATE"),
                Column.number("LINES"),
                Column.number("STORED"),
                Column.number("OF"),
                Column.number("RATE"),
                Column.cutAtEnd("SINCE", 11),
                Column.cutAtEnd("ACTIVE", 11),
                Column.cutInMiddle("SOURCE", 16));
        for (BuildStatus build : builds) {
            add(table, build);
            build.parts().forEach(part -> add(table, part));
        }
        table.print(context.out());
        if (builds.isEmpty()) {
            context.out().line("no build is in progress, and none can be resumed");
        }
        return true;
    }

    private static void add(Table table, BuildStatus build) {
        table.row(
                build.dataset().value(),
                Long.toString(build.version()),
                state(build.running()),
                Quantities.grouped(build.stored().lineIndex()),
                Quantities.bytes(build.stored().byteOffset()),
                build.sourceSize() < 0 ? "" : Quantities.bytes(build.sourceSize()),
                build.running() ? Quantities.bytes((long) build.bytesPerSecond()) + "/s" : "",
                build.startedAt().toString(),
                build.activeAt().toString(),
                build.sourceName());
    }

    /** The owner of a part is in the last column. */
    private static void add(Table table, BuildStatus.PartStatus part) {
        table.row(
                "  part " + part.part(),
                "",
                state(part.running()),
                Quantities.grouped(part.lines()),
                "",
                "",
                "",
                "",
                "",
                part.owner());
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
