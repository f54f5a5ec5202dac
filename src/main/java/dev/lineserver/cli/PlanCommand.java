package dev.lineserver.cli;

import java.io.IOException;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.ingest.Shape;
import dev.lineserver.ingest.Source;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Plan;
import dev.lineserver.store.StoreException;

/** Says what a file will need. */
@Command(name = "plan", description = "Says what storing a file will need, before anything is written.")
final class PlanCommand implements Verb {
    @Parameters(paramLabel = "FILE", description = "The file; - is standard input. .gz and .zst are unpacked.")
    String file;

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Override
    public ExitCode run(Run run) throws IOException, SourceException, StoreException, InterruptedException {
        Plan plan;
        try (LineStore store = run.openStore();
                ConsoleProgress progress = run.progress("plan");
                Source source = Source.open(file)) {
            plan = store.plan(Shape.of(source, progress));
        }
        if (json) {
            run.out().line(json(plan).encode());
        } else {
            print(plan, run.out());
        }
        return ExitCode.of(plan.fits());
    }

    private static void print(Plan plan, Output out) throws IOException {
        for (Plan.Figure figure : plan.figures()) {
            out.line(String.format("%-16s %20s  %s", figure.name(), value(figure), figure.meaning()));
        }
        for (String obstacle : plan.obstacles()) {
            out.line("does not fit: " + obstacle);
        }
        out.line(plan.fits() ? "fits" : "does not fit");
    }

    private static String value(Plan.Figure figure) {
        return figure.unit().equals("bytes")
                ? Numbers.bytes(figure.value())
                : Numbers.grouped(figure.value()) + " " + figure.unit();
    }

    private static JsonObject json(Plan plan) {
        JsonArray figures = new JsonArray();
        for (Plan.Figure figure : plan.figures()) {
            figures.add(new JsonObject()
                    .put("name", figure.name())
                    .put("value", figure.value())
                    .put("unit", figure.unit())
                    .put("meaning", figure.meaning()));
        }
        return new JsonObject()
                .put("figures", figures)
                .put("fits", plan.fits())
                .put("obstacles", new JsonArray(plan.obstacles()));
    }
}
