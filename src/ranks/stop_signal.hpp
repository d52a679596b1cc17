// SPDX-License-Identifier: Apache-2.0
// SIGTERM, SIGINT and SIGUSR1 end the run at the next block; a second one ends it at once.
#pragma once

#include <string>

namespace cardwise {

/// Installs the handlers. They only set a mark: nothing unsafe is called in them.
void install_stop_signals();

/// Installs them again unless a signal has come: LLVM, with which PoCL compiles, takes SIGUSR1 for
/// itself when it first compiles, and drops it. The watchdog calls this all the time.
void keep_stop_signals();

/// The signal's name once one has come, else "".
std::string stop_signal();

}  // namespace cardwise
