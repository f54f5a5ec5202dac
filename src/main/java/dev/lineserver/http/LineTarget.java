package dev.lineserver.http;

import org.jspecify.annotations.Nullable;

/**
 * The components of a path that names a line. The paths are those of the routes, each with or without a trailing slash:
 * {@code /lines/n}, {@code /line_server/lines/n} and {@code /datasets/name/lines/n}.
 *
 * @param dataset name of the dataset; null for the default one
 * @param number the text in place of the line number, not yet validated
 */
record LineTarget(@Nullable String dataset, String number) {
    private static final String LINES = "/lines/";
    private static final String DJANGO_PREFIX = "/line_server";
    private static final String DATASETS = "/datasets/";

    /** Parses a path; returns null if it does not name a line. */
    static @Nullable LineTarget parse(String path) {
        boolean named = path.startsWith(DATASETS);
        int prefix = path.startsWith(DJANGO_PREFIX) ? DJANGO_PREFIX.length() : 0;
        int lines = named ? path.indexOf('/', DATASETS.length()) : prefix;
        if (lines < 0 || !path.startsWith(LINES, lines)) {
            return null;
        }
        int start = lines + LINES.length();
        int end = path.length() > start && path.endsWith("/") ? path.length() - 1 : path.length();
        return new LineTarget(named ? path.substring(DATASETS.length(), lines) : null, path.substring(start, end));
    }
}
