/**
 * Holds what is deployed – images, compose, Kubernetes manifests, the systemd unit – to rules, to each
 * other, and to the program. Nothing here starts anything but a shell script.
 */
@NullMarked
package dev.lineserver.deploy;

import org.jspecify.annotations.NullMarked;
