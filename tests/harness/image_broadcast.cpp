// SPDX-License-Identifier: Apache-2.0
// What it costs to check an image and to hand it to all ranks of a node:
//   mpirun -n 4 image_broadcast FOLDER [MEGABYTES, default 100]
// Rank 0 makes a PTX of that size in FOLDER, then reads, checks, packs and broadcasts it five times, as `cardwise run
// --image` does once; the others unpack. Prints seconds until the slowest rank has it.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "core/sha256.hpp"
#include "device/image.hpp"
#include "ranks/comm.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void make_image(const std::string& path, std::size_t bytes) {
  std::string text = ".version 7.0\n.target sm_80\n.address_size 64\n"
                     ".visible .entry cw_counter(\n\t.param .u64 cw_counter_param_0\n)\n{ ret; }\n//";
  text.resize(bytes, 'x');
  std::ofstream(path, std::ios::binary) << text;
  std::ofstream(path + ".json") << fmt::format(
      R"({{"schema": "cardwise.image", "version": 1, "board": "", "architecture": "sm_80",
 "image": {{"file": "big.ptx", "bytes": {}, "sha256": "{}", "format": "ptx"}}, "language": "cuda",
 "compiler": {{"name": "none", "version": "", "flags": []}}, "clock_hz": 0, "created": "2026-11-29", "sources": [],
 "kernels": [{{"name": "counter", "entry": "cw_counter", "dtype": "", "width": 1, "replications": 1,
  "launch": "range", "defines": {{}}, "tail": true,
  "arguments": [{{"name": "counter", "type": "buffer", "access": "read_write", "bank": ""}}]}}]}})",
      text.size(), cardwise::sha256_hex(text));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: mpirun -n 4 image_broadcast FOLDER [MEGABYTES]\n");
    return 2;
  }
  const std::string path = std::string(argv[1]) + "/big.ptx";
  const auto bytes = std::size_t(argc > 2 ? std::atoi(argv[2]) : 100) * 1000000;
  cardwise::Comm comm(&argc, &argv);
  if (comm.root()) make_image(path, bytes);
  for (int i = 0; i < 5; ++i) {
    comm.barrier();
    const Clock::time_point start = Clock::now();
    std::string packed;
    if (comm.root()) packed = cardwise::pack_image(cardwise::read_image(path));
    const double checked = since(start);
    packed = comm.broadcast(std::move(packed));
    if (!comm.root()) cardwise::unpack_image(packed);
    comm.barrier();
    if (comm.root())
      std::printf("%zu bytes, %d ranks: checked in %.3f s, on all ranks after %.3f s\n", bytes,
                  comm.size(), checked, since(start));
  }
  return 0;
}
