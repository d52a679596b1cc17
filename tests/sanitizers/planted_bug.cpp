// SPDX-License-Identifier: Apache-2.0
// One bug of each kind that a sanitizer must end, chosen by the argument; planted.sh judges.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

/// Writes behind a vector's memory.
void overflow(std::size_t at) {
  std::vector<int> numbers(at);
  int* const first = numbers.data();
  first[at] = 1;
  std::printf("%d\n", first[at]);
}

/// Shifts an int by its own width.
void shift(int by) { std::printf("%d\n", 1 << by); }

/// Two threads add to one number.
void race() {
  int sum = 0;
  std::thread other([&] { ++sum; });
  ++sum;
  other.join();
  std::printf("%d\n", sum);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string kind = argc > 1 ? argv[1] : "";
  // Numbers that the compiler does not know: else it warns, or leaves the bug out.
  if (kind == "overflow") overflow(std::size_t(argc) + 2);
  if (kind == "shift") shift(argc + 30);
  if (kind == "race") race();
  return 0;
}
