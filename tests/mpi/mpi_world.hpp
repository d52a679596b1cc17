// SPDX-License-Identifier: Apache-2.0
// The communicator that the tests' main() made.
#pragma once

#include "ranks/comm.hpp"

namespace cardwise::test {

Comm& world();

}  // namespace cardwise::test
