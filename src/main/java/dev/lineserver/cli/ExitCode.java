package dev.lineserver.cli;

/** How the program ends. */
enum ExitCode {
    /** The command did its work. */
    DONE,
    /** It failed, or its answer is no. */
    FAILED,
    /** Its arguments or settings are incorrect. */
    USAGE;

    static ExitCode of(boolean success) {
        return success ? DONE : FAILED;
    }
}
