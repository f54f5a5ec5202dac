package dev.lineserver.store;

import java.util.List;

/**
 * The resources that a text needs in a store.
 *
 * @param figures the resources, in display order
 * @param warnings each risk that does not prevent the text from being stored, with its remedy
 * @param obstacles each reason why the text cannot be stored now, with its remedy; empty if the text fits
 */
public record Plan(List<Figure> figures, List<String> warnings, List<String> obstacles) {
    /**
     * One line of a plan.
     *
     * @param name key for programs, such as {@code index-ram}
     * @param value amount, in {@code unit}
     * @param unit {@code bytes}, {@code lines}, {@code nodes}, {@code seconds} …
     * @param meaning description for users
     */
    public record Figure(String name, long value, String unit, String meaning) {}

    /** Returns true if there are no obstacles. */
    public boolean fits() {
        return obstacles.isEmpty();
    }
}
