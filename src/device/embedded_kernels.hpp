// SPDX-License-Identifier: Apache-2.0
// The table that cmake/write_embedded.cmake makes of kernels/.
#pragma once

namespace cardwise {

struct EmbeddedText {
  const char* file;
  const char* text;
};
extern const EmbeddedText embedded_kernels[];
extern const unsigned embedded_kernel_count;

}  // namespace cardwise
