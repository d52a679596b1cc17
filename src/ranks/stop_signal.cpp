// SPDX-License-Identifier: Apache-2.0
// The signal mark, one of the two mutable globals of the program.
#include "ranks/stop_signal.hpp"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace cardwise {
namespace {

// The handler runs on one thread, the watchdog looks from another: sig_atomic_t is for one alone.
std::atomic<int> received{0}, announced{0};
static_assert(std::atomic<int>::is_always_lock_free, "else a handler may not touch it");

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

void announce_stop_signals(bool on) { announced = on ? 1 : 0; }

void keep_stop_signals() {
  if (received != 0) return;
  install_stop_signals();
  // One that came in between has found its handler put back: its second must still end the process.
  if (const int number = received; number != 0) std::signal(number, SIG_DFL);
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
