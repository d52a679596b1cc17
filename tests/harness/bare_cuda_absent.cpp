// SPDX-License-Identifier: Apache-2.0
// No CUDA headers were there when this was built.
#include "core/error.hpp"
#include "way.hpp"

namespace cardwise {

std::unique_ptr<Way> bare_cuda(const DeviceInfo&, const Work&) {
  throw Error("built without CUDA");
}

}  // namespace cardwise
