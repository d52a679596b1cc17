// SPDX-License-Identifier: Apache-2.0
// The words of a crash, one of the three mutable globals of the program: a handler may only look.
#include "ranks/crash_words.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace cardwise {
namespace {

struct Crash {
  int number;
  const char* name;
};
constexpr std::array crashes{Crash{SIGSEGV, "SIGSEGV"}, Crash{SIGBUS, "SIGBUS"},
                             Crash{SIGFPE, "SIGFPE"}, Crash{SIGILL, "SIGILL"},
                             Crash{SIGABRT, "SIGABRT"}};

// Two, so that a handler never reads what is being written.
std::array<std::array<char, 1024>, 2> words{};
std::atomic<int> shown{0};
std::array<struct sigaction, crashes.size()> before{};
bool installed = false;
std::array<char, 1 << 16> stack{};  // the crash may be an overflow of the usual one

void say(const char* text) {
  if (write(STDERR_FILENO, text, std::strlen(text)) < 0) errno = 0;  // nobody can be told
}

extern "C" void note_crash(int number) {
  for (std::size_t i = 0; i < crashes.size(); ++i) {
    if (crashes[i].number != number) continue;
    say("cardwise: crash (");
    say(crashes[i].name);
    say("): ");
    say(words[std::size_t(shown.load())].data());
    say("\n");
    sigaction(number, &before[i], nullptr);
    raise(number);  // comes when this handler returns
  }
}

}  // namespace

// LLVM, with which PoCL compiles, takes them for itself and swallows what was raised.
void keep_crash_words() {
  if (!installed) return;
  struct sigaction action {};
  action.sa_handler = note_crash;
  action.sa_flags = SA_ONSTACK;
  for (const Crash& crash : crashes) {
    struct sigaction now {};
    sigaction(crash.number, nullptr, &now);
    if (now.sa_handler != note_crash) sigaction(crash.number, &action, nullptr);
  }
}

void install_crash_words() {
  stack_t other{};
  other.ss_sp = stack.data();
  other.ss_size = stack.size();
  sigaltstack(&other, nullptr);
  for (std::size_t i = 0; i < crashes.size(); ++i)
    sigaction(crashes[i].number, nullptr, &before[i]);
  installed = true;
  keep_crash_words();
}

void set_crash_words(const std::string& text) {
  const int next = 1 - shown.load();
  std::array<char, 1024>& place = words[std::size_t(next)];
  place[std::min(text.copy(place.data(), place.size() - 1), place.size() - 1)] = '\0';
  shown = next;
  keep_crash_words();
}

}  // namespace cardwise
