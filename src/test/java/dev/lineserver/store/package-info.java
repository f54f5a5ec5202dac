/** The contract tests of all stores, and their samples. */
@NullMarked
package dev.lineserver.store;

import org.jspecify.annotations.NullMarked;
