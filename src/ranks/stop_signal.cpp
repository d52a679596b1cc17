// SPDX-License-Identifier: Apache-2.0
// The signal mark, one of the three mutable globals of the program.
#include "ranks/stop_signal.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <ctime>

namespace cardwise {
namespace {

// The handler runs on one thread, the watchdog looks from another: sig_atomic_t is for one alone.
std::atomic<int> received{0}, announced{0};
std::atomic<int> terminal_kept{0};  ///< nohup: the run outlives its terminal
static_assert(std::atomic<int>::is_always_lock_free, "else a handler may not touch it");

/// When each signal came first, ms of the monotonic clock; 0: not yet.
std::array<std::atomic<std::int64_t>, 32> first_ms{};
static_assert(std::atomic<std::int64_t>::is_always_lock_free, "used by a signal's handler");

/// At a time limit Slurm sends SIGTERM twice in 40 ms: only who sends it again later means it so.
constexpr std::int64_t echo_ms = 3000;

std::int64_t now_ms() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000 + 1;
}

void announce(int number) {
  constexpr char other[] =
      "cardwise: stopping after this block; the same signal again, in 3 s or later, ends at once\n";
  constexpr char sigint[] = "cardwise: stopping after this block; SIGINT again ends at once\n";
  const bool by_key = number == SIGINT;
  // Nothing can be done where nobody can be told.
  if (write(STDERR_FILENO, by_key ? sigint : other, by_key ? sizeof sigint - 1 : sizeof other - 1) <
      0)
    errno = 0;
}

extern "C" void note_signal(int number) {
  std::atomic<std::int64_t>& first = first_ms[std::size_t(number)];
  if (first == 0) {
    first = now_ms();
    if (received == 0 && announced != 0) announce(number);
    received = number;
  } else if (number == SIGINT || now_ms() - first >= echo_ms) {
    std::signal(number, SIG_DFL);
    std::raise(number);  // ends the process when this handler returns
  }
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

void announce_stop_signals(bool on) { announced = on ? 1 : 0; }

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
