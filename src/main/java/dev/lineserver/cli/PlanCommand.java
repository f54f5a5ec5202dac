package dev.lineserver.cli;

import java.io.IOException;
import java.util.List;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.ingest.Planning;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/** Estimates the resources that a file needs. */
@RegisterForReflection(targets = {Plan.class, Plan.Figure.class})
@Command(
        name = "plan",
        description = "Estimates the lines, RAM, disk, nodes and time that a file needs; writes nothing.")
final class PlanCommand implements Verb {
    @Parameters(paramLabel = "FILE", arity = "1..*", description = IngestCommand.FILES)
    List<String> files = List.of();

    @Option(
            names = "--copy",
            description = "Embedded store: plan for a copy of FILE in the data directory, as ingest --copy makes it.")
    boolean copy;

    @Option(names = "--sample", description = "Estimate the lines from 64 MiB of FILE, instead of reading all of it.")
    boolean sample;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        Plan plan;
        StoreConfig config = context.settings().store();
        try (LineStore store = context.openStore()) {
            Planning planning =
                    new Planning(store, copy, context.keep(), config.linesPerRecord(), Stores.compresses(config));
            Progress progress = context.progress("plan");
            plan = sample ? planning.ofSample(files, progress) : planning.ofWhole(files, progress);
        }
        if (json) {
            context.out().line(JsonObject.mapFrom(plan).put("fits", plan.fits()).encode());
        } else {
            print(plan, context.out());
        }
        return plan.fits();
    }

    private static void print(Plan plan, StandardOutput out) throws IOException {
        for (Plan.Figure figure : plan.figures()) {
            String value = figure.unit().equals("bytes")
                    ? Quantities.bytes(figure.value())
                    : Quantities.grouped(figure.value()) + " " + figure.unit();
            out.line(String.format("%-16s %20s  %s", figure.name(), value, figure.meaning()));
        }
        for (String warning : plan.warnings()) {
            out.line("warning: " + warning);
        }
        for (String obstacle : plan.obstacles()) {
            out.line("does not fit: " + obstacle);
        }
        out.line(plan.fits() ? "fits" : "does not fit");
    }
}
