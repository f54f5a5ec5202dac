package dev.lineserver.mcp;

/** A tool cannot answer. The message tells the model what happened, and what to do. */
final class ToolFailure extends Exception {
    ToolFailure(String message) {
        super(message);
    }
}
