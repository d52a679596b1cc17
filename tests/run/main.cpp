// SPDX-License-Identifier: Apache-2.0
// The tests' world of one rank: MPI is initialised once.
#include <gtest/gtest.h>

#include <memory>

#include "run/made_up_run.hpp"

namespace {
std::unique_ptr<cardwise::Comm> the_world;
}

namespace cardwise::test {
const Comm& world() { return *the_world; }
}  // namespace cardwise::test

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  the_world = std::make_unique<cardwise::Comm>(&argc, &argv);
  const int failed = RUN_ALL_TESTS();
  the_world.reset();
  return failed;
}
