/** What every store is held to. */
@NullMarked
package dev.lineserver.store;

import org.jspecify.annotations.NullMarked;
