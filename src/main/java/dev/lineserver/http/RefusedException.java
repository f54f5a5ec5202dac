package dev.lineserver.http;

/** A request cannot be answered as it was sent; the problem says why. */
final class RefusedException extends Exception {
    final transient Problem problem;

    RefusedException(Problem problem) {
        super(problem.detail(), null, false, false);
        this.problem = problem;
    }
}
