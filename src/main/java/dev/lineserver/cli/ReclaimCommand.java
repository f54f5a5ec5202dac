package dev.lineserver.cli;

import java.io.IOException;
import java.util.List;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/** Removes leftovers from the store. */
@Command(
        name = "reclaim",
        description = "Finds what belongs to no version, such as the remains of a crashed ingest, and removes it.")
final class ReclaimCommand implements Verb {
    @Option(names = "--dry-run", description = "Remove nothing; print only what would be removed.")
    boolean dryRun;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public String interruption() {
        return "interrupted; some leftovers may remain, see line-server reclaim --dry-run";
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        List<Leftover> leftovers;
        try (LineStore store = context.openStore()) {
            leftovers = store.reclaim(dryRun);
        }
        if (json) {
            JsonArray found = new JsonArray();
            leftovers.forEach(leftover -> found.add(json(leftover)));
            context.out()
                    .line(JsonObject.of("dryRun", dryRun, "leftovers", found).encode());
            return true;
        }
        for (Leftover leftover : leftovers) {
            context.out().line((dryRun ? "found " : "reclaimed ") + text(leftover));
        }
        if (leftovers.isEmpty()) {
            context.out().line("nothing to reclaim");
        }
        return true;
    }

    private static JsonObject json(Leftover leftover) {
        return JsonObject.of(
                "name", leftover.name(), "reason", leftover.reason(), "size", leftover.size(), "unit", leftover.unit());
    }

    private static String text(Leftover leftover) {
        String size = leftover.unit().equals("bytes")
                ? Quantities.bytes(leftover.size())
                : Quantities.counted(leftover.size(), "record", "records");
        return leftover.name() + ": " + size + ", " + leftover.reason();
    }
}
