// SPDX-License-Identifier: Apache-2.0
// SIGTERM, SIGINT, SIGUSR1 and SIGHUP end the run at the next block; a second SIGINT, or a second
// one of the others that is no echo of the first, ends it at once.
#pragma once

#include <string>

namespace cardwise {

/// Installs the handlers. They set a mark, and write(2) if announced: nothing unsafe is called.
/// SIGHUP stays ignored where it is (nohup); SIGXFSZ becomes so. Once, before any library.
void install_stop_signals();

/// Whether this process says on stderr that it stops: one rank of a job does, while it works.
void announce_stop_signals(bool on);

/// Installs them again unless a signal has come: LLVM, with which PoCL compiles, takes all but
/// SIGXFSZ for itself when it first compiles, and drops it. The watchdog calls this all the time.
void keep_stop_signals();

/// The signal's name once one has come, else "".
std::string stop_signal();

}  // namespace cardwise
