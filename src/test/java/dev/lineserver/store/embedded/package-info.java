/** Tests of this package. */
@NullMarked
package dev.lineserver.store.embedded;

import org.jspecify.annotations.NullMarked;
