/**
 * Checks that the deployed files (images, compose, Kubernetes manifests, the systemd unit) agree with each other and
 * with the program. These tests start nothing but shell scripts and the tools that check such files.
 */
@NullMarked
package dev.lineserver.deploy;

import org.jspecify.annotations.NullMarked;
