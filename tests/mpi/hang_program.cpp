// SPDX-License-Identifier: Apache-2.0
// Rank argv[1] hangs in a step while the others wait for it: the watchdog has to end the job.
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "core/error.hpp"
#include "ranks/comm.hpp"
#include "ranks/watchdog.hpp"

int main(int argc, char** argv) {
  using namespace cardwise;
  const int culprit = argc > 1 ? std::atoi(argv[1]) : 0;
  Comm comm(&argc, &argv);
  Watchdog watchdog(
      {.rank = comm.rank(), .host = "thisnode"}, 1,
      [] {
        std::fputs("saved the last image\n", stderr);
      },
      [&](const std::string&) { comm.abort(int(ExitCode::ended_early)); });
  comm.on_wait([&](const char* what) { watchdog.waiting(what); });
  watchdog.step("mem/saxpy?n=8", "measure");
  comm.barrier();
  if (comm.rank() == culprit)
    for (;;) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  comm.agree({});
  return 0;
}
