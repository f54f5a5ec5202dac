package dev.lineserver.store;

/**
 * The result of one check of {@code line-server doctor}.
 *
 * @param check the checked thing, in one or two words
 * @param severity the verdict
 * @param found the facts behind the verdict
 * @param advice the remedy; empty if none is needed
 */
public record Finding(String check, Severity severity, String found, String advice) {
    /** The verdict of a check, the best one first. */
    public enum Severity {
        /** Nothing to do. */
        OK,
        /** Something does not work, or not well, that some uses of the program do not need. */
        WARNING,
        /** The program cannot serve lines. */
        FAILURE
    }

    /** Returns a finding that needs no action. */
    public static Finding ok(String check, String found) {
        return new Finding(check, Severity.OK, found, "");
    }

    /** Returns a finding that limits some uses of the program. */
    public static Finding warning(String check, String found, String advice) {
        return new Finding(check, Severity.WARNING, found, advice);
    }

    /** Returns a finding that keeps the program from serving lines. */
    public static Finding failure(String check, String found, String advice) {
        return new Finding(check, Severity.FAILURE, found, advice);
    }
}
