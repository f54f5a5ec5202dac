package dev.lineserver.http.access;

import java.util.Set;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The grant that a path needs. Every path that is not listed here needs the grant of all datasets, so that a new resource, or
 * a spelling that some resource understands in its own way, is closed unless it is opened here.
 *
 * @param grant the grant
 * @param dataset name of the dataset, as the path spells it; null unless the grant of one is needed
 */
public record Requirement(Grant grant, @Nullable String dataset) {
    enum Grant {
        /** Everybody may read it. */
        NONE,
        /** Any client may read it, and gets its own part of it. */
        ANY,
        /** A client with the grant of the dataset. */
        DATASET,
        /** A client with the grant of all datasets. */
        ALL
    }

    private static final Requirement NONE = new Requirement(Grant.NONE, null);
    private static final Requirement ANY = new Requirement(Grant.ANY, null);
    private static final Requirement ALL = new Requirement(Grant.ALL, null);

    /** The pages without their data, the kinds of problems, the document of the API, and probes. */
    private static final Pattern PUBLIC = Pattern.compile(
            "/|/status|/page/[a-z.]+|/problems|/problems/[a-z-]+|/q/openapi|/q/swagger-ui(?:/[a-z.-]*)?");

    private static final Set<String> HEALTH =
            Set.of("/q/health", "/q/health/live", "/q/health/ready", "/q/health/started");

    /**
     * Returns the requirement of a path.
     *
     * @param path normalised as in RFC 3986, as the router uses it
     * @param defaultDataset the dataset of paths without one
     */
    public static Requirement of(String path, String defaultDataset) {
        String bare = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (isHealth(path) || PUBLIC.matcher(bare).matches()) {
            return NONE;
        }
        String[] segments = bare.split("/", -1);
        return switch (segments[1]) {
            case "lines" -> new Requirement(Grant.DATASET, defaultDataset);
            case "line_server" ->
                segments.length > 2 && segments[2].equals("lines")
                        ? new Requirement(Grant.DATASET, defaultDataset)
                        : ALL;
            case "mcp" -> segments.length == 2 ? ANY : ALL;
            case "datasets" -> segments.length == 2 ? ANY : new Requirement(Grant.DATASET, segments[2]);
            default -> ALL;
        };
    }

    /** Returns true for probes, which must be answered whatever the limits of requests are. */
    public static boolean isHealth(String path) {
        return HEALTH.contains(path.endsWith("/") ? path.substring(0, path.length() - 1) : path);
    }

    /** Returns true if everybody may read it. */
    public boolean isPublic() {
        return grant == Grant.NONE;
    }

    /** Returns true if the client has the grant. */
    public boolean isMetBy(Client client) {
        return switch (grant) {
            case NONE, ANY -> true;
            case DATASET -> dataset != null && client.mayRead(dataset);
            case ALL -> client.mayReadAll();
        };
    }
}
