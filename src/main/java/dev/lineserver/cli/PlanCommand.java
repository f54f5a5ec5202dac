package dev.lineserver.cli;

import java.io.IOException;
import java.util.List;

import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.json.Json;
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

    /** The answer in JSON. */
    @RegisterForReflection(targets = {Answer.class, Plan.Figure.class})
    record Answer(List<Plan.Figure> figures, boolean fits, List<String> obstacles) {}

    @Override
    public boolean run(Run run) throws IOException, SourceException, StoreException, InterruptedException {
        Plan plan;
        try (LineStore store = run.openStore();
                Source source = Source.open(file)) {
            plan = store.plan(Shape.of(source, run.progress("plan")));
        }
        if (json) {
            run.out().line(Json.encode(new Answer(plan.figures(), plan.fits(), plan.obstacles())));
        } else {
            print(plan, run.out());
        }
        return plan.fits();
    }

    private static void print(Plan plan, Output out) throws IOException {
        for (Plan.Figure figure : plan.figures()) {
            String value = figure.unit().equals("bytes")
                    ? Numbers.bytes(figure.value())
                    : Numbers.grouped(figure.value()) + " " + figure.unit();
            out.line(String.format("%-16s %20s  %s", figure.name(), value, figure.meaning()));
        }
        for (String obstacle : plan.obstacles()) {
            out.line("does not fit: " + obstacle);
        }
        out.line(plan.fits() ? "fits" : "does not fit");
    }
}
