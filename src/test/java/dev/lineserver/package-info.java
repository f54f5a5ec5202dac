/** Tests of the whole repository: its architecture, its style and its documents. */
@NullMarked
package dev.lineserver;

import org.jspecify.annotations.NullMarked;
