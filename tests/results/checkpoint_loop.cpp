// SPDX-License-Identifier: Apache-2.0
// Measures made-up visits and checkpoints without end: made to be killed. Prints a line when the
// file stands.
#include <cstdio>
#include <exception>
#include <random>
#include <string>

#include "made_up_run.hpp"

namespace {

using namespace cardwise;

/// A megabyte that no filter shrinks, so that writing the file takes long enough to be hit.
std::string ballast() {
  std::mt19937 random(1);
  std::string text(1 << 20, ' ');
  for (char& c : text) c = static_cast<char>('!' + random() % 90);
  return text;
}

void loop(const char* path) {
  ResultFile file(path, made_up::run(4));
  file.set_nodes(made_up::nodes(1));
  file.set_ranks(made_up::ranks(4));
  file.set_kernels({KernelRow{.name = "ballast", .variant = "", .file = "", .sha256 = "",
                              .text = ballast()}});
  file.set_cases({made_up::case_row("triad", 4), made_up::case_row("dot", 4, "host")},
                 {made_up::case_facts(), made_up::case_facts()});
  file.checkpoint();
  std::puts("whole");
  std::fflush(stdout);
  for (int round = 0;; ++round) {
    for (int c = 0; c < 2; ++c) {
      file.append(made_up::visits(c, round, 4, 4));
      file.add_event({.utc_ns = round, .rank = -1, .severity = "note", .code = "visit",
                      .text = std::to_string(round)});
      file.checkpoint();
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    loop(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "checkpoint_loop: %s\n", error.what());
  }
  return 4;
}
