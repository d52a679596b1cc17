// SPDX-License-Identifier: Apache-2.0
// What rank 0 gathers: any bytes are rows and visits, or an Error.
#include "core/pack.hpp"
#include "core/pack_row.hpp"
#include "input.hpp"

namespace {

template <class Read>
void try_to(const Read& read) {
  try {
    read();
  } catch (const cardwise::Error&) {
    // the run ends with a text
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cardwise;
  if (size == 0) return 0;
  const std::string bytes = fuzz::text_of(data + 1, size - 1);
  switch (data[0] % 5) {
    case 0: try_to([&] { unpack_row<RankRow>(bytes); }); break;
    case 1: try_to([&] { unpack_row<NodeRow>(bytes); }); break;
    case 2: try_to([&] { unpack_row<CaseRow>(bytes); }); break;
    case 3: try_to([&] { unpack_wrong(bytes); }); break;
    default:
      try_to([&] {
        for (Unpacker unpacker(bytes); !unpacker.empty();) unpack_visit(unpacker);
      });
  }
  return 0;
}
