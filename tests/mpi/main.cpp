// SPDX-License-Identifier: Apache-2.0
// Every rank runs every test, in the same order; a failure on any rank fails the program on all.
#include <gtest/gtest.h>

#include <memory>

#include "mpi_world.hpp"

namespace {
std::unique_ptr<cardwise::Comm> the_world;
}

namespace cardwise::test {
Comm& world() { return *the_world; }
}  // namespace cardwise::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  the_world = std::make_unique<cardwise::Comm>(&argc, &argv);
  if (!the_world->root()) GTEST_FLAG_SET(brief, true);
  double failed[1] = {double(RUN_ALL_TESTS())};
  the_world->agree(failed);
  the_world.reset();
  return failed[0] > 0 ? 1 : 0;
}
