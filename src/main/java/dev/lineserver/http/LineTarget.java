package dev.lineserver.http;

import org.jspecify.annotations.Nullable;

/**
 * What a path that names a line is made of. Takes the paths that the router serves lines at, each with or without a
 * trailing slash: {@code /lines/n}, {@code /line_server/lines/n} and {@code /datasets/name/lines/n}.
 *
 * @param dataset name of the dataset; null for the default one
 * @param number what stands in place of the line number
 */
record LineTarget(@Nullable String dataset, String number) {
    private static final String LINES = "/lines/";
    private static final String DJANGO = "/line_server";
    private static final String DATASETS = "/datasets/";

    /** Returns null if the path does not name a line. */
    static @Nullable LineTarget parse(String path) {
        boolean named = path.startsWith(DATASETS);
        int prefix = path.startsWith(DJANGO) ? DJANGO.length() : 0;
        int lines = named ? path.indexOf('/', DATASETS.length()) : prefix;
        if (lines < 0 || !path.startsWith(LINES, lines)) {
            return null;
        }
        int start = lines + LINES.length();
        int end = path.length() > start && path.endsWith("/") ? path.length() - 1 : path.length();
        return new LineTarget(named ? path.substring(DATASETS.length(), lines) : null, path.substring(start, end));
    }
}
