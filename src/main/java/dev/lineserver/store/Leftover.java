package dev.lineserver.store;

/**
 * Something that a store has and that belongs to no version: what crashed builds left, dropped versions that came back
 * with a restarted node, and superseded versions that no reader needs any more.
 *
 * @param name of the set, directory or file
 * @param reason why no version needs it, as a clause such as {@code its version was dropped}
 * @param size amount, in {@code unit}
 * @param unit {@code records} or {@code bytes}
 */
public record Leftover(String name, String reason, long size, String unit) {}
