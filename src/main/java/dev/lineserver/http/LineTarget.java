package dev.lineserver.http;

import org.jspecify.annotations.Nullable;

/**
 * The components of a path that names one line, or all lines. The paths are those of the routes, each with or without a
 * trailing slash: {@code /lines/n}, {@code /line_server/lines/n}, {@code /datasets/name/lines/n},
 * {@code /datasets/name/versions/v/lines/n}, and the same without {@code /n}.
 *
 * @param dataset name of the dataset; null for the default one
 * @param version the text in place of the version number, not yet validated; null for the current version
 * @param number the text in place of the line number, not yet validated; null if the path names all lines
 */
record LineTarget(
        @Nullable String dataset,
        @Nullable String version,
        @Nullable String number) {
    private static final String LINES = "/lines";
    private static final String DJANGO_PREFIX = "/line_server";
    private static final String DATASETS = "/datasets/";
    private static final String VERSIONS = "/versions/";

    /** Parses a path; returns null if it names neither a line nor all lines. */
    static @Nullable LineTarget parse(String path) {
        String dataset = null;
        String version = null;
        int lines = path.startsWith(DJANGO_PREFIX) ? DJANGO_PREFIX.length() : 0;
        if (path.startsWith(DATASETS)) {
            lines = path.indexOf('/', DATASETS.length());
            dataset = lines < 0 ? null : path.substring(DATASETS.length(), lines);
            if (lines >= 0 && path.startsWith(VERSIONS, lines)) {
                int start = lines + VERSIONS.length();
                lines = path.indexOf('/', start);
                version = lines < 0 ? null : path.substring(start, lines);
            }
        }
        if (lines < 0 || !path.startsWith(LINES, lines)) {
            return null;
        }
        int slash = lines + LINES.length();
        if (slash == path.length()) {
            return new LineTarget(dataset, version, null);
        }
        int start = slash + 1;
        int end = path.length() > start && path.endsWith("/") ? path.length() - 1 : path.length();
        if (path.charAt(slash) != '/') {
            return null;
        }
        return new LineTarget(dataset, version, start == path.length() ? null : path.substring(start, end));
    }
}
