package dev.lineserver.http;

import java.util.function.Consumer;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;

/** Begins requests for lines. */
@Singleton
public final class LineRequests {
    private final Datasets datasets;
    private final LineNumbers numbers;
    private final LookupMetrics metrics;

    LineRequests(Datasets datasets, ServeConfig serve, LookupMetrics metrics) {
        this.datasets = datasets;
        numbers = serve.lineNumbers();
        this.metrics = metrics;
    }

    /**
     * Begins a request for the fast path.
     *
     * @param path as it was sent; may have a query
     * @return null if the router must answer: unless the path is that of a line in normalised form, and its dataset has an
     *     open version
     */
    public @Nullable LineRequest begin(String path) {
        LineTarget target = LineTarget.parse(path);
        return target == null ? null : begin(target, _ -> {});
    }

    /** Begins a request, or tells {@code refused} why it cannot be answered with a line and returns null. */
    @Nullable
    LineRequest begin(LineTarget target, Consumer<Problem> refused) {
        long lineIndex;
        try {
            lineIndex = numbers.index(target.number());
        } catch (IllegalArgumentException e) {
            refused.accept(Problem.notALineNumber(target.number(), String.valueOf(e.getMessage())));
            return null;
        }
        String name = target.dataset() == null ? datasets.defaultName() : target.dataset();
        ServedDataset dataset = datasets.find(name);
        OpenVersion version = dataset == null ? null : dataset.acquire();
        if (dataset == null) {
            refused.accept(Problem.absent(datasets, name));
        } else if (version == null) {
            refused.accept(Problem.notOpen(dataset));
        }
        return version == null ? null : new LineRequest(version, lineIndex, metrics);
    }
}
