/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef HOST_LANDLOCK_H
#define HOST_LANDLOCK_H

/** landlock_version - of the host's Landlock; 0: it has none */
int landlock_version(void);

/**
 * landlock_scope - from here on this process and its children reach only each
 * other by signals and abstract sockets
 *
 * Return: 0, or -1 where the host cannot do that (errno).
 */
int landlock_scope(void);

/**
 * landlock_files - from here on no file is opened, made or removed by its path, no
 * program executed, no TCP port bound or connected to
 *
 * What is open stays open.  As much of it as the host knows.
 *
 * Return: 0, or -1 where the host cannot do that (errno).
 */
int landlock_files(void);

#endif
