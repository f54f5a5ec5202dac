package dev.lineserver.store;

import java.util.List;

/**
 * What storing a text will need.
 *
 * @param figures in the order to be shown
 * @param obstacles why it cannot be stored as things are, and what to change; empty if it fits
 */
public record Plan(List<Figure> figures, List<String> obstacles) {
    /**
     * One line of a plan.
     *
     * @param name key for programs, such as {@code index-ram}
     * @param value the number
     * @param unit {@code bytes}, {@code lines}, {@code nodes}, {@code seconds} …
     * @param meaning for people
     */
    public record Figure(String name, long value, String unit, String meaning) {}

    /** Whether nothing stands in the way. */
    public boolean fits() {
        return obstacles.isEmpty();
    }
}
