// SPDX-License-Identifier: Apache-2.0
#include "core/host_name.hpp"

#include <unistd.h>

#include <array>

namespace cardwise {

std::string host_name() {
  std::array<char, 256> host{};  // its last one stays zero: a longer name is not ended by the call
  return gethostname(host.data(), host.size() - 1) == 0 ? host.data() : "";
}

}  // namespace cardwise
