// SPDX-License-Identifier: Apache-2.0
// A crash says where it happened: rank, host, card, case and step, before the process ends.
#pragma once

#include <string>

namespace cardwise {

/// Installs handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, after MPI_Init: they write(2)
/// the words and hand the signal on to whoever had it (Open MPI prints a trace).
void install_crash_words();

/// Takes handlers back that a library has taken, as keep_stop_signals() does and why.
void keep_crash_words();

/// What a crash will say from now on. Main thread only; never between the clock's marks.
void set_crash_words(const std::string& words);

}  // namespace cardwise
