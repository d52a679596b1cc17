// SPDX-License-Identifier: Apache-2.0
// CARDWISE_FAULT: any text is a plan or a UsageError.
#include "core/error.hpp"
#include "device/fault_plan.hpp"
#include "input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    for (const cardwise::Fault& fault : cardwise::parse_faults(fuzz::text_of(data, size)))
      fuzz::promise(fault.nth >= 1, "calls are counted from 1");
  } catch (const cardwise::UsageError&) {
    // what the user is told
  }
  return 0;
}
