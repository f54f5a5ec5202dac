package dev.lineserver.cli;

/** How the program ends. */
enum ExitCode {
    /** The command did its work. */
    DONE(0),
    /** It failed, or its answer is no. */
    FAILED(1),
    /** Its arguments or settings are incorrect. */
    USAGE(2);

    private final int status;

    ExitCode(int status) {
        this.status = status;
    }

    /** The exit status of the process. */
    int status() {
        return status;
    }

    static ExitCode of(boolean success) {
        return success ? DONE : FAILED;
    }
}
