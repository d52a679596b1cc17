// SPDX-License-Identifier: Apache-2.0
// Runs a fuzz target without libFuzzer: each file of the corpus, its beginnings, and seeded mutations.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "input.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
constexpr int mutations = 1500;
constexpr std::size_t beginnings = 200;

Bytes bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// One to four changes: a bit, a byte, a part doubled, a part taken out.
Bytes mutated(Bytes bytes, std::mt19937& random) {
  for (unsigned n = 1 + random() % 4; n > 0 && !bytes.empty(); --n) {
    const auto at = static_cast<std::ptrdiff_t>(random() % bytes.size());
    const auto end = at + static_cast<std::ptrdiff_t>(1 + random() % (bytes.size() - std::size_t(at)));
    switch (random() % 4) {
      case 0: bytes[std::size_t(at)] ^= std::uint8_t(1U << random() % 8); break;
      case 1: bytes[std::size_t(at)] = std::uint8_t(random()); break;
      case 2: {
        const Bytes part(bytes.begin() + at, bytes.begin() + end);
        if (bytes.size() < 8192) bytes.insert(bytes.begin() + at, part.begin(), part.end());
        break;
      }
      default: bytes.erase(bytes.begin() + at, bytes.begin() + end);
    }
  }
  return bytes;
}

}  // namespace

int main(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::mt19937 random(1);
  std::size_t inputs = 0;
  const auto run = [&](const Bytes& bytes) {
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    ++inputs;
  };
  for (const auto& file : files) {
    const Bytes bytes = bytes_of(file);
    run(bytes);
    for (std::size_t n = 0; n < std::min(bytes.size(), beginnings); ++n)
      run({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(n)});
    for (int i = 0; i < mutations; ++i) run(mutated(bytes, random));
  }
  std::printf("%zu files, %zu inputs, no crash\n", files.size(), inputs);
  return files.empty() ? 1 : 0;
}
