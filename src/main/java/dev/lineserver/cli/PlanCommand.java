package dev.lineserver.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.ingest.Shape;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Plan;
import dev.lineserver.store.TextShape;

/** Says what a file will need. */
@Command(name = "plan", description = "Says what storing a file will need, before anything is written.")
final class PlanCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The file; - is standard input. .gz and .zst are unpacked.")
    String file;

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        Plan plan;
        try (LineStore store = storeOptions.open();
                ConsoleProgress progress = ConsoleProgress.of("plan");
                Source source = Source.open(file)) {
            TextShape shape = Shape.of(source, progress);
            plan = store.plan(shape);
        }
        PrintWriter out = spec.commandLine().getOut();
        out.println(json ? json(plan).encode() : text(plan));
        return plan.fits() ? 0 : Failures.FAILED;
    }

    private static String text(Plan plan) {
        StringBuilder text = new StringBuilder();
        for (Plan.Figure figure : plan.figures()) {
            text.append(String.format(
                    java.util.Locale.ROOT, "%-16s %20s  %s%n", figure.name(), value(figure), figure.meaning()));
        }
        plan.obstacles()
                .forEach(obstacle ->
                        text.append("does not fit: ").append(obstacle).append('\n'));
        return text.append(plan.fits() ? "fits" : "does not fit").toString();
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
