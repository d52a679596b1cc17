// SPDX-License-Identifier: Apache-2.0
// The signal mark, one of the two mutable globals of the program.
#include "ranks/stop_signal.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace cardwise {
namespace {

volatile std::sig_atomic_t received = 0, announced = 0;
volatile std::sig_atomic_t terminal_kept = 0;  ///< nohup: the run outlives its terminal

extern "C" void note_signal(int number) {
  if (received == 0 && announced != 0) {
    constexpr char words[] =
        "cardwise: stopping after this block; the same signal again ends at once\n";
    // Nothing can be done where nobody can be told.
    if (write(STDERR_FILENO, words, sizeof words - 1) < 0) errno = 0;
  }
  received = number;
  std::signal(number, SIG_DFL);  // the next one of its kind ends the process at once
}

void set_handlers() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
  if (terminal_kept != 0) action.sa_handler = SIG_IGN;
  sigaction(SIGHUP, &action, nullptr);
}

}  // namespace

void install_stop_signals() {
  struct sigaction inherited {};
  if (sigaction(SIGHUP, nullptr, &inherited) == 0) terminal_kept = inherited.sa_handler == SIG_IGN;
  // A limit on the size of files is then an error of write(2), as a full disk is.
  std::signal(SIGXFSZ, SIG_IGN);
  set_handlers();
}

void announce_stop_signals() { announced = 1; }

void keep_stop_signals() {
  if (received == 0) set_handlers();
}

std::string stop_signal() {
  keep_stop_signals();
  switch (received) {
    case 0:
      return "";
    case SIGTERM:
      return "SIGTERM";
    case SIGINT:
      return "SIGINT";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGHUP:
      return "SIGHUP";
    default:
      return "signal";
  }
}

}  // namespace cardwise
