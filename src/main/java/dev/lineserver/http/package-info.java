/** The REST edge: the route that answers lines, the resources beside it, one form for every problem, readiness. */
@NullMarked
package dev.lineserver.http;

import org.jspecify.annotations.NullMarked;
