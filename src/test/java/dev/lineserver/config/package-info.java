/** Tests of settings. */
@NullMarked
package dev.lineserver.config;

import org.jspecify.annotations.NullMarked;
