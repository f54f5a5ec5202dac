package dev.lineserver.http;

/**
 * The routes that requests are counted by. There are as many as constants, whatever clients send. Each alias of
 * {@code /lines} counts as that route.
 */
enum RequestRoute {
    LINE("/lines/{n}"),
    LINES("/lines"),
    DATASET_LINE("/datasets/{d}/lines/{n}"),
    DATASET_LINES("/datasets/{d}/lines"),
    VERSION_LINE("/datasets/{d}/versions/{v}/lines/{n}"),
    VERSION_LINES("/datasets/{d}/versions/{v}/lines"),
    DATASETS("/datasets"),
    DATASET("/datasets/{d}"),
    VERSIONS("/datasets/{d}/versions"),
    VERSION("/datasets/{d}/versions/{v}"),
    PROBLEMS("/problems"),
    PAGE("/"),
    STATUS_PAGE("/status"),
    HEALTH("/q/health"),
    METRICS("/q/metrics"),
    OPEN_API("/q/openapi"),
    MCP("/mcp"),
    OTHER("other");

    /** The value of the label. */
    final String template;

    RequestRoute(String template) {
        this.template = template;
    }

    static RequestRoute of(LineTarget target) {
        boolean single = target.number() != null;
        if (target.version() != null) {
            return single ? VERSION_LINE : VERSION_LINES;
        }
        if (target.dataset() != null) {
            return single ? DATASET_LINE : DATASET_LINES;
        }
        return single ? LINE : LINES;
    }

    /** @param path a normalised path */
    static RequestRoute of(String path) {
        LineTarget target = LineTarget.parse(path);
        if (target != null) {
            return of(target);
        }
        String[] segments = path.substring(1).split("/", 5);
        int last = segments.length - 1;
        int count = segments[last].isEmpty() ? last : last + 1;
        return switch (count == 0 ? "" : segments[0]) {
            case "" -> count == 0 ? PAGE : OTHER;
            case "status" -> count == 1 ? STATUS_PAGE : OTHER;
            case "mcp" -> count == 1 ? MCP : OTHER;
            case "problems" -> count <= 2 ? PROBLEMS : OTHER;
            case "datasets" -> ofDatasets(segments, count);
            case "q" -> count == 1 ? OTHER : ofInfrastructure(segments[1], count);
            default -> OTHER;
        };
    }

    private static RequestRoute ofDatasets(String[] segments, int count) {
        if (count > 2 && !segments[2].equals("versions")) {
            return OTHER;
        }
        return switch (count) {
            case 1 -> DATASETS;
            case 2 -> DATASET;
            case 3 -> VERSIONS;
            case 4 -> VERSION;
            default -> OTHER;
        };
    }

    private static RequestRoute ofInfrastructure(String name, int count) {
        return switch (name) {
            case "health" -> count <= 3 ? HEALTH : OTHER;
            case "metrics" -> count == 2 ? METRICS : OTHER;
            case "openapi" -> count == 2 ? OPEN_API : OTHER;
            default -> OTHER;
        };
    }

    /** True if the answers are lines, so that their latency is measured. */
    boolean hasLines() {
        return compareTo(VERSION_LINES) <= 0;
    }
}
