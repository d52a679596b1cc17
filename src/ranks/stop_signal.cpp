// SPDX-License-Identifier: Apache-2.0
// The signal mark, one of the three mutable globals of the program.
#include "ranks/stop_signal.hpp"

#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace cardwise {
namespace {

volatile std::sig_atomic_t received = 0, announced = 0;

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

}  // namespace

void install_stop_signals() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  action.sa_flags = SA_RESTART;
  for (const int number : {SIGTERM, SIGINT, SIGUSR1}) sigaction(number, &action, nullptr);
}

void announce_stop_signals() { announced = 1; }

void keep_stop_signals() {
  if (received == 0) install_stop_signals();
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
    default:
      return "signal";
  }
}

}  // namespace cardwise
